import { useEffect, useState } from 'preact/hooks';
import type { CheckedUrl, Endpoint } from '../api/types.ts';
import { client } from '../state/app.ts';
import { EventPicker, DEFAULT_EVENTS, type EventFilter } from './event-picker.tsx';
import { Field, Form, fieldError } from './form.tsx';

export interface EndpointInput {
  readonly url: string;
  readonly events: EventFilter;
  /** null takes it away. */
  readonly description?: string | null;
}

const CHECK_AFTER_MS = 350;

/** Asks, once typing has paused, whether the url could be an endpoint: its form, and where its name leads. */
function useUrlCheck(url: string): CheckedUrl | undefined {
  const [checked, setChecked] = useState<{ readonly of: string; readonly answer: CheckedUrl }>();
  useEffect(() => {
    if (url === '') return undefined;
    const controller = new AbortController();
    const timer = setTimeout(() => {
      client
        .call<CheckedUrl>('/v1/webhooks/check', { method: 'POST', body: { url }, signal: controller.signal })
        .then((answer) => setChecked({ of: url, answer }))
        // Making the endpoint checks it again, and says what is wrong.
        .catch(() => {});
    }, CHECK_AFTER_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [url]);
  return checked?.of === url ? checked.answer : undefined;
}

/** A new endpoint, or one that is changed. */
export function EndpointForm({
  endpoint,
  action,
  onDone,
}: {
  readonly endpoint?: Endpoint;
  readonly action: string;
  readonly onDone: (input: EndpointInput) => Promise<void>;
}) {
  const [url, setUrl] = useState(endpoint?.url ?? '');
  const [description, setDescription] = useState(endpoint?.description ?? '');
  const [events, setEvents] = useState<EventFilter>(endpoint?.events ?? DEFAULT_EVENTS);
  const checked = useUrlCheck(url.trim());
  const words = description.trim();
  const refused = checked?.reason?.message;
  return (
    <Form
      fields={['url', 'description']}
      action={action}
      disabled={url.trim() === '' || events.length === 0}
      onSubmit={() =>
        onDone({
          url: url.trim(),
          events,
          ...((endpoint || words !== '') && { description: words === '' ? null : words }),
        })
      }
    >
      {(fault) => (
        <>
          <Field
            label="URL"
            error={fieldError(fault, 'url') ?? refused}
            hint={
              checked?.acceptable ? (
                <span class="right">✓ Could be an endpoint</span>
              ) : (
                'Where your server takes a POST: https, and a public address.'
              )
            }
          >
            {(ties) => (
              <input
                {...ties}
                type="url"
                name="url"
                placeholder="https://example.com/hooks/mail"
                autocomplete="off"
                spellcheck={false}
                value={url}
                onInput={(event) => setUrl(event.currentTarget.value)}
              />
            )}
          </Field>
          <Field label="Description" hint="For you; not sent." error={fieldError(fault, 'description')}>
            {(ties) => (
              <input
                {...ties}
                name="description"
                maxLength={500}
                value={description}
                onInput={(event) => setDescription(event.currentTarget.value)}
              />
            )}
          </Field>
          <EventPicker events={events} onChange={setEvents} />
        </>
      )}
    </Form>
  );
}
