import type { Attempt, WebhookTest } from '../api/types.ts';
import { ERROR_CLASS_TEXT } from '../text/attempt-errors.ts';
import { formatDuration } from '../text/format.ts';
import { CodeBlock } from './copyable.tsx';
import { Time } from './time.tsx';

/** What a request says, beside its signatures. */
function headersOf(attempt: Attempt, eventId: string): string {
  return [
    'content-type: application/json',
    `webhook-id: ${eventId}`,
    `webhook-timestamp: ${Math.floor(Date.parse(attempt.started_at) / 1000)}`,
    `x-ivymail-attempt: ${attempt.number}`,
  ].join('\n');
}

/** One request and what came of it. */
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
  const { error_class: kind, error_detail: detail, response_excerpt: excerpt } = attempt;
  return (
    <details class="attempt" data-good={kind === null}>
      <summary>
        <span class="badge" data-tone={kind === null ? 'good' : 'bad'}>
          {status ?? kind ?? 'ok'}
        </span>
        <b>Attempt {number}</b>
        <span class="quiet">
          {trigger} · {formatDuration(ms)}
          {kind !== null && ` · ${kind}`}
        </span>
        <Time at={at} />
      </summary>
      {kind !== null && (
        <p>
          <strong>{ERROR_CLASS_TEXT[kind]}</strong> {detail}
        </p>
      )}
      <h3>Request, indented; sent in one line</h3>
      <CodeBlock
        what="the request"
        text={`${headersOf(attempt, eventId)}\n\n${payload ? JSON.stringify(payload, null, 2) : '(the event has expired)'}`}
      />
      <h3>Answer {status !== null && <code>{status}</code>}</h3>
      {excerpt ? (
        <CodeBlock what="the answer" text={excerpt} />
      ) : (
        <p class="quiet">{status === null ? 'None.' : 'Without a body.'}</p>
      )}
    </details>
  );
}
