import { useState } from 'preact/hooks';
import { EVENT_NAMES } from '../../lambdas/core/events.ts';
import type { WebhookTest } from '../api/types.ts';
import { client } from '../state/app.ts';
import { AttemptDetails } from './attempt-details.tsx';
import { Dialog } from './dialog.tsx';
import type { EventFilter } from './event-picker.tsx';
import { Form, SelectField, fieldError } from './form.tsx';

/** Sends a sample event immediately, and shows the response of the endpoint. */
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
  const [result, setResult] = useState<WebhookTest>();
  async function send(): Promise<void> {
    setResult(undefined);
    setResult(await client.call<WebhookTest>(`/v1/webhooks/${id}/test`, { method: 'POST', body: { event } }));
  }
  return (
    <Dialog title="Send test event" onClose={onClose} wide>
      <Form fields={['event']} action="Send" onSubmit={send}>
        {(error) => (
          <SelectField
            label="Event"
            hint="Sends a signed sample event. Test events are not logged or counted."
            error={fieldError(error, 'event')}
            name="event"
            value={event}
            options={names}
            onChange={setEvent}
          />
        )}
      </Form>
      <div aria-live="polite">
        {result && (
          <AttemptDetails attempt={result.attempt} eventId={result.event_id} payload={result.payload} />
        )}
      </div>
    </Dialog>
  );
}
