import { useEffect, useState } from 'preact/hooks';
import type { CheckedUrl, Endpoint } from '../api/types.ts';
import { client } from '../state/app.ts';
import { EventPicker, DEFAULT_EVENTS, type EventFilter } from './event-picker.tsx';
import { Field, Form, fieldError } from './form.tsx';

export interface EndpointInput {
  readonly url: string;
  readonly events: EventFilter;
  /** Null removes the description. */
  readonly description?: string | null;
}

const CHECK_AFTER_MS = 350;

/** After a pause in typing, the API checks the form of the URL and the IP addresses to which its host name resolves. */
function useUrlCheck(url: string): CheckedUrl | undefined {
  const [checked, setChecked] = useState<{ readonly url: string; readonly result: CheckedUrl }>();
  useEffect(() => {
    if (url === '') return undefined;
    const controller = new AbortController();
    const timer = setTimeout(() => {
      client
        .call<CheckedUrl>('/v1/webhooks/check', { method: 'POST', body: { url }, signal: controller.signal })
        .then((result) => setChecked({ url, result }))
        // Ignore a failed check. The API checks the URL again when the form is submitted, and reports errors then.
        .catch(() => {});
    }, CHECK_AFTER_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [url]);
  return checked?.url === url ? checked.result : undefined;
}

/** The form for a new endpoint, or for changes to an existing one. */
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
  const trimmedDescription = description.trim();
  const urlError = checked?.reason?.message;
  return (
    <Form
      fields={['url', 'description']}
      action={action}
      disabled={url.trim() === '' || events.length === 0}
      onSubmit={() =>
        onDone({
          url: url.trim(),
          events,
          ...((endpoint || trimmedDescription !== '') && {
            description: trimmedDescription === '' ? null : trimmedDescription,
          }),
        })
      }
    >
      {(error) => (
        <>
          <Field
            label="URL"
            error={fieldError(error, 'url') ?? urlError}
            hint={
              checked?.acceptable ? (
                <span class="valid">✓ Valid endpoint URL</span>
              ) : (
                'Public HTTPS URL that accepts POST requests.'
              )
            }
          >
            {(inputProps) => (
              <input
                {...inputProps}
                type="url"
                name="url"
                placeholder="https://example.com/webhooks"
                autocomplete="off"
                spellcheck={false}
                value={url}
                onInput={(event) => setUrl(event.currentTarget.value)}
              />
            )}
          </Field>
          <Field
            label="Description"
            hint="For your reference. Not sent with webhooks."
            error={fieldError(error, 'description')}
          >
            {(inputProps) => (
              <input
                {...inputProps}
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
