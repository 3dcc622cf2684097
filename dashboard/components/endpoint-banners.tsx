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

/** Above an endpoint that needs a person: it fails, or it is paused or disabled. */
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
      <div class="fault" role="status">
        <p>
          <strong>Failing since {since === null ? 'an unknown time' : <Time at={since} />}</strong>:{' '}
          {pluralize(failures, 'consecutive failed attempt')},{' '}
          {heldDeliveriesText(endpoint) ?? 'no delivery held'}.
        </p>
        <p>
          From the tenth failure on, new deliveries are held, and one of them is sent as a probe at least
          every 15 minutes. When a delivery succeeds, the held deliveries follow.
        </p>
        <button type="button" disabled={!hasScope('admin')} onClick={onTest}>
          Send a test event
        </button>{' '}
        <button type="button" disabled={!hasScope('admin')} onClick={onRecover}>
          Recover
        </button>
      </div>
    );
  return (
    <div class="fault" data-level="warn">
      <p>
        <strong>
          {state === 'paused' ? 'Paused' : `Disabled: ${endpoint.status_reason ?? 'it did nothing but fail'}`}
        </strong>{' '}
        since <Time at={changedAt} />. Events make no delivery meanwhile, and no event is lost: resume the
        endpoint, then recover what it missed.
      </p>
      <button type="button" disabled={!hasScope('admin')} onClick={onResume}>
        Resume
      </button>
    </div>
  );
}

/** After a resume: what the endpoint missed, and the way to get it delivered. */
export function MissedEventsBanner({
  missed,
  onRecover,
}: {
  readonly missed: MissedEvents;
  readonly onRecover: () => void;
}) {
  const unknown = !missed.exact && missed.count === 0;
  return (
    <div class="fault" data-level="warn" role="status">
      <p>
        <strong>
          Resumed. {unknown ? 'Events may have been missed' : `It missed ${missedEventsText(missed)}`}
        </strong>{' '}
        since <Time at={missed.since} />.
      </p>
      <button type="button" disabled={!hasScope('admin')} onClick={onRecover}>
        Recover
      </button>
    </div>
  );
}
