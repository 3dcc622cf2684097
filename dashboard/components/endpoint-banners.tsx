import type { ComponentChildren } from 'preact';
import { Link } from 'wouter-preact';
import { withQuery } from '../api/client.ts';
import type { Delivery, DeliveryWithAttempts, Endpoint, List } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { hasScope } from '../state/app.ts';
import { ERROR_CLASS_TEXT, attemptAdvice } from '../text/attempt-errors.ts';
import { formatSpan } from '../text/duration.ts';
import {
  endpointState,
  heldDeliveriesText,
  missedEventsText,
  type MissedEvents,
} from '../text/endpoint-state.ts';
import { pluralize } from '../text/format.ts';
import { httpStatusText } from '../text/http-status.ts';
import { Time } from './time.tsx';

const POLL_MS = 15_000;

/** The last error of an endpoint and what to do about it, from the newest delivery with a failed attempt. */
function LastError({ endpointId }: { readonly endpointId: string }) {
  const list = useResource<List<Delivery>>(
    withQuery(`/v1/webhooks/${endpointId}/deliveries`, { status: 'retrying,exhausted,blocked', limit: '1' }),
    { pollMs: POLL_MS },
  );
  const [newest] = list.data?.data ?? [];
  const delivery = useResource<DeliveryWithAttempts>(newest && `/v1/deliveries/${newest.id}`, {
    pollMs: POLL_MS,
  });
  const attempt = delivery.data?.attempts.findLast((each) => each.error_class !== null);
  // The line keeps its height while the error is loaded, so that the page does not jump.
  if (!newest || !attempt || attempt.error_class === null) return <p class="last-error">&nbsp;</p>;
  const { error_class: errorClass, status_code: status } = attempt;
  return (
    <p class="last-error">
      Last error:{' '}
      <strong>{status === null ? ERROR_CLASS_TEXT[errorClass].name : httpStatusText(status)}</strong>.{' '}
      {attemptAdvice(errorClass, status)} <Link href={`/deliveries/${newest.id}`}>View attempt</Link>
    </p>
  );
}

function Separated({ children }: { readonly children: readonly ComponentChildren[] }) {
  return (
    <ul class="separated">
      {children.filter(Boolean).map((child, index) => (
        <li key={index}>{child}</li>
      ))}
    </ul>
  );
}

/** `next probe in 4 min`. Undefined if no probe is planned. */
function nextProbeText({ next_probe_at: at }: Endpoint, nowMs: number): string | undefined {
  if (at === null) return undefined;
  const waitMs = Date.parse(at) - nowMs;
  return waitMs < 1_000 ? 'next probe now' : `next probe in ${formatSpan(waitMs)}`;
}

/** Banner for an endpoint that needs attention because it is failing, paused or disabled. */
export function StatusBanner({
  endpoint,
  onResume,
  onTest,
  onRecover,
}: {
  readonly endpoint: Endpoint;
  readonly onResume: () => void;
  readonly onTest: () => void;
  readonly onRecover: () => void;
}) {
  const state = endpointState(endpoint);
  const { failing_since: since, consecutive_failures: failures, status_changed_at: changedAt } = endpoint;
  const held = heldDeliveriesText(endpoint);
  const isAdmin = hasScope('admin');
  if (state === 'active') return null;
  if (state === 'failing')
    return (
      <div class="banner endpoint-banner" data-level="bad" role="status">
        <p class="banner-title">
          Failing since {since === null ? 'an unknown time' : <Time at={since} />}
          {since !== null && ` (${formatSpan(Date.now() - Date.parse(since))})`}
        </p>
        <Separated>
          {`${pluralize(failures, 'failed attempt')} in a row`}
          {held ?? 'no deliveries held'}
          {nextProbeText(endpoint, Date.now())}
        </Separated>
        <LastError endpointId={endpoint.id} />
        <p>
          {held === undefined
            ? 'Fix your server, check it with a test event, then recover the failed events.'
            : 'New deliveries are held and one of them is sent as a probe from time to time. As soon as an attempt succeeds, all held deliveries are sent.'}
        </p>
        <div class="banner-actions">
          <button type="button" disabled={!isAdmin} onClick={onTest}>
            Send test event
          </button>
          <button type="button" disabled={!isAdmin} onClick={onRecover}>
            Recover
          </button>
        </div>
      </div>
    );
  return (
    <div class="banner endpoint-banner" data-level={state === 'disabled' ? 'bad' : 'warn'} role="status">
      <p class="banner-title">
        {state === 'paused' ? 'Paused' : 'Disabled'} since <Time at={changedAt} />
      </p>
      <Separated>
        {state === 'disabled' && (endpoint.status_reason ?? 'all attempts failed')}
        {held}
      </Separated>
      {state === 'disabled' && <LastError endpointId={endpoint.id} />}
      <p>
        New events are stored but not sent to this endpoint. A resume sends the held deliveries. Then recover
        the events that arrived while the endpoint was {state}.
      </p>
      <div class="banner-actions">
        <button type="button" disabled={!isAdmin} onClick={onResume}>
          Resume
        </button>
      </div>
    </div>
  );
}

/** Banner after a resume: how many events the endpoint missed, and a button that recovers them. */
export function MissedEventsBanner({
  missed,
  onRecover,
}: {
  readonly missed: MissedEvents;
  readonly onRecover: () => void;
}) {
  const isCountUnknown = !missed.exact && missed.count === 0;
  return (
    <div class="banner endpoint-banner" data-level="warn" role="status">
      <p class="banner-title">
        Resumed. The endpoint{' '}
        {isCountUnknown ? 'may have missed events' : `missed ${missedEventsText(missed)}`} since{' '}
        <Time at={missed.since} />
      </p>
      <div class="banner-actions">
        <button type="button" disabled={!hasScope('admin')} onClick={onRecover}>
          Recover
        </button>
      </div>
    </div>
  );
}
