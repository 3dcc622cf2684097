import { useState } from 'preact/hooks';
import { EVENT_NAMES } from '../../lambdas/core/events.ts';
import type { WebhookTest } from '../api/types.ts';
import { client } from '../state/app.ts';
import { AttemptDetails } from './attempt-details.tsx';
import { Dialog } from './dialog.tsx';
import type { EventFilter } from './event-picker.tsx';
import { Form, SelectField, fieldError } from './form.tsx';

/** One sample event, now: with the answer of the receiver. */
export function TestEventDialog({
  id,
  events,
  onClose,
}: {
  readonly id: string;
  readonly events: EventFilter;
  readonly onClose: () => void;
}) {
  const names = EVENT_NAMES.filter(
    (name) => name !== 'unknown' && (events.includes('*') || events.includes(name)),
  );
  const [event, setEvent] = useState<string>(names[0] ?? 'delivered');
  const [told, setTold] = useState<WebhookTest>();
  async function send(): Promise<void> {
    setTold(undefined);
    setTold(await client.call<WebhookTest>(`/v1/webhooks/${id}/test`, { method: 'POST', body: { event } }));
  }
  return (
    <Dialog title="Send a test event" onClose={onClose} wide>
      <Form fields={['event']} action="Send" onSubmit={send}>
        {(fault) => (
          <SelectField
            label="Event"
            hint="A sample, signed like any other. It is in no log, and not counted."
            error={fieldError(fault, 'event')}
            name="event"
            value={event}
            options={names}
            onChange={setEvent}
          />
        )}
      </Form>
      <div aria-live="polite">
        {told && <AttemptDetails attempt={told.attempt} eventId={told.event_id} payload={told.payload} />}
      </div>
    </Dialog>
  );
}
