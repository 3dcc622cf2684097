import type { Endpoint } from '../api/types.ts';
import { hasScope } from '../state/app.ts';
import {
  endpointState,
  heldDeliveriesText,
  missedEventsText,
  type MissedEvents,
} from '../text/endpoint-state.ts';
import { pluralize } from '../text/format.ts';
import { Time } from './time.tsx';

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
  if (state === 'active') return null;
  if (state === 'failing')
    return (
      <div class="banner" role="status">
        <p>
          <strong>Failing since {since === null ? 'an unknown time' : <Time at={since} />}</strong>:{' '}
          {pluralize(failures, 'consecutive failed attempt')},{' '}
          {heldDeliveriesText(endpoint) ?? 'no deliveries held'}.
        </p>
        <p>
          After 10 consecutive failures, new deliveries are held. One held delivery is sent as a probe at
          least every 15 minutes. As soon as a delivery succeeds, the held deliveries are sent.
        </p>
        <button type="button" disabled={!hasScope('admin')} onClick={onTest}>
          Send test event
        </button>{' '}
        <button type="button" disabled={!hasScope('admin')} onClick={onRecover}>
          Recover
        </button>
      </div>
    );
  return (
    <div class="banner" data-level="warn">
      <p>
        <strong>
          {state === 'paused' ? 'Paused' : `Disabled: ${endpoint.status_reason ?? 'all attempts failed'}`}
        </strong>{' '}
        since <Time at={changedAt} />. While the endpoint is {state}, events are stored but not sent. Resume
        the endpoint, then recover the missed events.
      </p>
      <button type="button" disabled={!hasScope('admin')} onClick={onResume}>
        Resume
      </button>
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
    <div class="banner" data-level="warn" role="status">
      <p>
        <strong>
          Resumed. The endpoint{' '}
          {isCountUnknown ? 'may have missed events' : `missed ${missedEventsText(missed)}`}
        </strong>{' '}
        since <Time at={missed.since} />.
      </p>
      <button type="button" disabled={!hasScope('admin')} onClick={onRecover}>
        Recover
      </button>
    </div>
  );
}
