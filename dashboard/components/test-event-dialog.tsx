import { useState } from 'preact/hooks';
import { wantsEvent } from '../../lambdas/core/endpoints.ts';
import { EVENT_NAMES } from '../../lambdas/core/events.ts';
import { REPUTATION_EVENTS } from '../../lambdas/core/reputation/event-names.ts';
import type { Endpoint, WebhookTest } from '../api/types.ts';
import { client } from '../state/app.ts';
import { AttemptDetails } from './attempt-details.tsx';
import { Dialog } from './dialog.tsx';
import { Form, SelectField, fieldError } from './form.tsx';

const MAX_RESULTS = 5;

/** Sends a sample event immediately, and shows the response of the endpoint. Keeps the last results while it is open. */
export function TestEventDialog({
  endpoint: { id, events, url },
  onClose,
}: {
  readonly endpoint: Pick<Endpoint, 'id' | 'events' | 'url'>;
  readonly onClose: () => void;
}) {
  const names = [...EVENT_NAMES, ...REPUTATION_EVENTS].filter((name) => wantsEvent({ events }, name));
  const [event, setEvent] = useState<string>(names[0] ?? 'delivered');
  const [results, setResults] = useState<readonly WebhookTest[]>([]);
  async function send(): Promise<void> {
    const result = await client.call<WebhookTest>(`/v1/webhooks/${id}/test`, {
      method: 'POST',
      body: { event },
    });
    setResults((earlier) => [result, ...earlier].slice(0, MAX_RESULTS));
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
      <div class="test-results" aria-live="polite">
        {results.map((result, index) => (
          <AttemptDetails
            key={result.event_id}
            attempt={result.attempt}
            eventId={result.event_id}
            payload={result.payload}
            url={url}
            open={index === 0}
            name={<code>{result.event}</code>}
          />
        ))}
      </div>
    </Dialog>
  );
}
