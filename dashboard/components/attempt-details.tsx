import type { Attempt, WebhookTest } from '../api/types.ts';
import { ERROR_CLASS_TEXT } from '../text/attempt-errors.ts';
import { formatDuration } from '../text/format.ts';
import { CodeBlock } from './copyable.tsx';
import { Time } from './time.tsx';

/** What started the attempt, by its `trigger`. */
const TRIGGER_TEXT: Readonly<Record<Attempt['trigger'], string>> = {
  auto: 'automatic',
  manual: 'manual',
  recover: 'recovery',
  test: 'test',
};

/** The request headers to show. The signatures are not stored, so they are left out. */
function requestHeaders(attempt: Attempt, eventId: string): string {
  return [
    'content-type: application/json',
    `webhook-id: ${eventId}`,
    `webhook-timestamp: ${Math.floor(Date.parse(attempt.started_at) / 1000)}`,
    `x-ivymail-attempt: ${attempt.number}`,
  ].join('\n');
}

/** One attempt: the request and the response. */
export function AttemptDetails({
  attempt,
  eventId,
  payload,
}: {
  readonly attempt: Attempt;
  readonly eventId: string;
  readonly payload: WebhookTest['payload'] | null;
}) {
  const { number, trigger, started_at: at, duration_ms: ms, status_code: status } = attempt;
  const { error_class: errorClass, error_detail: errorDetail, response_excerpt: excerpt } = attempt;
  return (
    <details class="attempt" data-good={errorClass === null}>
      <summary>
        <span class="badge" data-tone={errorClass === null ? 'good' : 'bad'}>
          {status ?? errorClass ?? 'ok'}
        </span>
        <b>Attempt {number}</b>
        <span class="quiet">
          {TRIGGER_TEXT[trigger]} · {formatDuration(ms)}
          {errorClass !== null && ` · ${errorClass}`}
        </span>
        <Time at={at} />
      </summary>
      {errorClass !== null && (
        <p>
          <strong>{ERROR_CLASS_TEXT[errorClass]}</strong> {errorDetail}
        </p>
      )}
      <h3>Request (pretty-printed)</h3>
      <CodeBlock
        label="request"
        text={`${requestHeaders(attempt, eventId)}\n\n${payload ? JSON.stringify(payload, null, 2) : '(the event has expired)'}`}
      />
      <h3>Response {status !== null && <code>{status}</code>}</h3>
      {excerpt ? (
        <CodeBlock label="response" text={excerpt} />
      ) : (
        <p class="quiet">{status === null ? 'No response.' : 'Empty body.'}</p>
      )}
    </details>
  );
}
