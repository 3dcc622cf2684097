import type { ComponentChildren } from 'preact';
import type { Attempt, WebhookTest } from '../api/types.ts';
import { ERROR_CLASS_TEXT, attemptAdvice } from '../text/attempt-errors.ts';
import { formatDuration } from '../text/format.ts';
import { httpStatusText } from '../text/http-status.ts';
import { webhookCurlCommand } from '../text/webhook-curl.ts';
import { CodeBlock, CopyButton } from './copyable.tsx';
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

/** `200 OK in 2 ms`, or the name of the error if there was no response. */
function Result({ attempt }: { readonly attempt: Attempt }) {
  const { error_class: errorClass, status_code: status, duration_ms: ms } = attempt;
  const name = status === null ? errorClass && ERROR_CLASS_TEXT[errorClass].name : httpStatusText(status);
  return (
    <span class="result">
      <span class="badge" data-tone={errorClass === null ? 'good' : 'bad'}>
        {name ?? 'OK'}
      </span>{' '}
      in {formatDuration(ms)}
    </span>
  );
}

/** Buttons that copy the request: as a command that sends it, and its body. */
export function CopyRequest({
  url,
  eventId,
  attempt,
  payload,
}: {
  readonly url: string | undefined;
  readonly eventId: string;
  readonly attempt: number;
  readonly payload: WebhookTest['payload'];
}) {
  return (
    <span class="copy-buttons">
      {url !== undefined && (
        <CopyButton named label="as curl" text={webhookCurlCommand({ url, eventId, attempt, payload })} />
      )}
      <CopyButton named label="payload" text={JSON.stringify(payload)} />
    </span>
  );
}

/** One attempt: the request and the response. */
export function AttemptDetails({
  attempt,
  eventId,
  payload,
  url,
  open,
  name = `Attempt ${attempt.number}`,
}: {
  readonly attempt: Attempt;
  readonly eventId: string;
  readonly payload: WebhookTest['payload'] | null;
  /** The URL of the endpoint. Undefined if the endpoint was deleted. */
  readonly url: string | undefined;
  readonly open: boolean;
  readonly name?: ComponentChildren;
}) {
  const { number, trigger, started_at: at, status_code: status } = attempt;
  const { error_class: errorClass, error_detail: errorDetail, response_excerpt: excerpt } = attempt;
  return (
    <details class="attempt" open={open}>
      <summary>
        <b>{name}</b>
        <Result attempt={attempt} />
        <span class="quiet">{TRIGGER_TEXT[trigger]}</span>
        <Time at={at} />
      </summary>
      <div class="attempt-body">
        {errorClass !== null && (
          <p class="attempt-error">
            <strong>{ERROR_CLASS_TEXT[errorClass].explanation}</strong> {attemptAdvice(errorClass, status)}
            {errorDetail !== null && <code class="line">{errorDetail}</code>}
          </p>
        )}
        <div class="attempt-part">
          <h3>Request</h3>
          {payload && <CopyRequest url={url} eventId={eventId} attempt={number} payload={payload} />}
        </div>
        <CodeBlock
          label="request"
          text={`${requestHeaders(attempt, eventId)}\n\n${payload ? JSON.stringify(payload, null, 2) : '(the event has expired)'}`}
        />
        <p class="quiet note">
          The body is pretty-printed here and sent in one line. The signature headers are not stored.
        </p>
        <div class="attempt-part">
          <h3>Response</h3>
          {status !== null && <code>{httpStatusText(status)}</code>}
        </div>
        {excerpt ? (
          <CodeBlock label="response" text={excerpt} />
        ) : (
          <p class="quiet">{status === null ? 'No response.' : 'Empty body.'}</p>
        )}
      </div>
    </details>
  );
}
