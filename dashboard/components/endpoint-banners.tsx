import type { ComponentChildren } from 'preact';
import { Link } from 'wouter-preact';
import { withQuery } from '../api/client.ts';
import type { Attempt, Delivery, DeliveryWithAttempts, Endpoint, List } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { hasScope } from '../state/app.ts';
import { timeDisplay } from '../state/preferences.ts';
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

/** The last failed attempt of an endpoint that is failing or disabled. */
export interface LastError {
  /** True until it is known whether there is such an attempt. */
  readonly isLoading: boolean;
  readonly attempt?: Attempt | undefined;
  readonly deliveryId?: string | undefined;
}

/** Finds the last error of an endpoint in its newest delivery with a failed attempt. */
export function useLastError(endpoint: Endpoint | undefined): LastError {
  const isNeeded = endpoint !== undefined && ['failing', 'disabled'].includes(endpointState(endpoint));
  const list = useResource<List<Delivery>>(
    isNeeded
      ? withQuery(`/v1/webhooks/${endpoint.id}/deliveries`, {
          status: 'retrying,exhausted,blocked',
          limit: '1',
        })
      : undefined,
    { pollMs: POLL_MS },
  );
  const deliveryId = list.data?.data[0]?.id;
  const delivery = useResource<DeliveryWithAttempts>(
    deliveryId === undefined ? undefined : `/v1/deliveries/${deliveryId}`,
    { pollMs: POLL_MS },
  );
  const isListLoading = !list.data && !list.error;
  const isDeliveryLoading = deliveryId !== undefined && !delivery.data && !delivery.error;
  return {
    isLoading: isNeeded && (isListLoading || isDeliveryLoading),
    attempt: delivery.data?.attempts.findLast((each) => each.error_class !== null),
    deliveryId,
  };
}

/** The last error, and what to do about it. */
function LastErrorText({ lastError: { attempt, deliveryId } }: { readonly lastError: LastError }) {
  if (!attempt || attempt.error_class === null) return null;
  const { error_class: errorClass, status_code: status } = attempt;
  return (
    <p>
      Last error:{' '}
      <strong>{status === null ? ERROR_CLASS_TEXT[errorClass].name : httpStatusText(status)}</strong>.{' '}
      {attemptAdvice(errorClass, status)} <Link href={`/deliveries/${deliveryId}`}>View attempt</Link>
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

/** `Failing since Nov 29 20:33:39 (2 min)`. With relative times, `Failing for 2 min`. */
function FailingSince({ since }: { readonly since: string | null }) {
  if (since === null) return <>Failing</>;
  const span = formatSpan(Date.now() - Date.parse(since));
  if (timeDisplay.value.style === 'relative') return <>Failing for {span}</>;
  return (
    <>
      Failing since <Time at={since} /> ({span})
    </>
  );
}

/** Banner for an endpoint that needs attention because it is failing, paused or disabled. */
export function StatusBanner({
  endpoint,
  lastError,
  onResume,
  onTest,
  onRecover,
}: {
  readonly endpoint: Endpoint;
  readonly lastError: LastError;
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
      // Not a live region: its durations change with each poll, and a screen reader would read all of it each time.
      <section class="banner endpoint-banner" data-level="bad" aria-label="Failing endpoint">
        <p class="banner-title">
          <FailingSince since={since} />
        </p>
        <Separated>
          {pluralize(failures, 'consecutive failed attempt')}
          {held ?? 'no deliveries held'}
          {nextProbeText(endpoint, Date.now())}
        </Separated>
        <LastErrorText lastError={lastError} />
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
      </section>
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
      {state === 'disabled' && <LastErrorText lastError={lastError} />}
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
