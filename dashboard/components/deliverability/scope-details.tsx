import { Link } from 'wouter-preact';
import type { Reputation, ReputationScope } from '../../api/types.ts';
import { groupName, logFilterOf } from '../../text/breakdown.ts';
import { formatNumber, pluralize } from '../../text/format.ts';
import { logsLink } from '../../text/logs-link.ts';
import { WINDOW_TEXT, changedByText, measure, reasonText } from '../../text/reputation.ts';
import { statusLabel } from '../../text/status.ts';
import { Time } from '../time.tsx';
import { LimitMeter } from './limit-meter.tsx';

const CONTRIBUTORS = {
  tag: 'Tags',
  sender: 'Senders',
  provider: 'Mailbox providers',
  reason: 'Reasons',
} as const;

/** What the guard says about a scope in the state `ok`. */
function okText(mode: Reputation['mode']): string {
  return mode === 'off' ? 'The guard is off.' : 'No rate that the guard judges has reached a limit.';
}

/** Since when the scope is in its state, who changed it, why, and what to do. */
export function StateText({
  scope,
  mode,
  keyName,
}: {
  readonly scope: ReputationScope;
  readonly mode: Reputation['mode'];
  /** The name of the API key that changed the state, if the page knows it. */
  readonly keyName: string | null;
}) {
  const { state, since, reasons, changed_by: changedBy, grace_until: graceUntil, normal_again } = scope;
  return (
    <div class="state-text">
      {state === 'ok' && <p>{okText(mode)}</p>}
      {state !== 'ok' && (
        <p>
          <strong>{state === 'paused' ? 'Sending is paused' : 'Warning'}</strong>
          {since !== null && (
            <>
              {' '}
              since <Time at={since} />
            </>
          )}
          , {changedByText(changedBy, keyName)}.{' '}
          {state === 'paused' ? (
            <>
              <code>POST /v1/send</code> responds with <code>409 reputation_paused</code>.
            </>
          ) : (
            'Sending continues.'
          )}{' '}
          {reasons.length > 0 && 'The rates at that time:'}
        </p>
      )}
      {reasons.length > 0 && (
        <ul class="reasons-list">
          {reasons.map((reason) => (
            <li key={`${reason.window} ${reason.metric}`}>{reasonText(reason)}</li>
          ))}
        </ul>
      )}
      {normal_again && <p>The rates are normal again. The guard ends the warning after the next event.</p>}
      {state === 'warning' && mode !== 'pause' && reasons.some(({ severity }) => severity === 'pause') && (
        <p>In the mode Pause, the guard would have paused sending.</p>
      )}
      {state === 'warning' && (
        <p>
          Stop the campaign or the sender that contributes most. To stop every email at once, pause sending.
        </p>
      )}
      {state === 'paused' && (
        <p>First fix the cause: the campaign or the sender that contributes most. Then resume sending.</p>
      )}
      {graceUntil !== null && Date.parse(graceUntil) > Date.now() && (
        <p>
          Grace time: complaints do not pause sending again until <Time at={graceUntil} />.
        </p>
      )}
    </div>
  );
}

/** The rates of both windows beside their limits. */
export function Windows({
  scope,
  limits,
  level,
}: {
  readonly scope: ReputationScope;
  readonly limits: Reputation['limits'];
  /** The level of the heading of each window. */
  readonly level: 3 | 4;
}) {
  const Title = `h${level}` as const;
  return (
    <div class="windows">
      {scope.windows.map((each) => {
        const { window, after, before } = each;
        // The log has no filter for a configuration set. After a resume, a window that restarts later has no emails to show.
        const linkTo = (status: string): string | undefined =>
          scope.configuration_set === null && after !== before
            ? logsLink({ view: 'events', status: [status], after, before })
            : undefined;
        return (
          <section key={window}>
            <Title>{statusLabel(WINDOW_TEXT[window])}</Title>
            <LimitMeter measure={measure(each, limits, 'bounce')} href={linkTo('bounced')} />
            <LimitMeter measure={measure(each, limits, 'complaint')} href={linkTo('complained')} />
          </section>
        );
      })}
    </div>
  );
}

/** The tags, senders, providers and reasons with the most bounces and complaints. Nothing if there are none. */
export function Contributors({ scope }: { readonly scope: ReputationScope }) {
  const lists = Object.entries(CONTRIBUTORS)
    .map(([by, name]) => ({
      by: by as keyof typeof CONTRIBUTORS,
      name,
      values: scope.contributors[by as keyof typeof CONTRIBUTORS].filter(
        ({ bounced, complained }) => bounced + complained > 0,
      ),
    }))
    .filter(({ values }) => values.length > 0);
  const day = scope.windows.find(({ window }) => window === 'day');
  if (lists.length === 0 || !day) return null;
  return (
    <details class="contributors" open={scope.state !== 'ok'}>
      <summary>What contributes most in the last 24 hours</summary>
      <div class="contributor-lists">
        {lists.map(({ by, name, values }) => (
          <section key={by} aria-label={`${name} that contribute most`}>
            <p class="quiet">{name}</p>
            <ul>
              {values.map(({ value, name: apiName, sent, bounced, complained }) => {
                const filter = logFilterOf(by, value);
                const valueName = groupName(by, { value, name: apiName });
                const { after, before } = day;
                return (
                  <li key={value}>
                    {filter ? (
                      <Link
                        href={logsLink({
                          view: 'events',
                          status: ['bounced', 'complained'],
                          after,
                          before,
                          ...filter,
                        })}
                      >
                        {valueName}
                      </Link>
                    ) : (
                      <span class="break">{valueName}</span>
                    )}
                    <span class="quiet">
                      {[
                        bounced > 0 && pluralize(bounced, 'bounce'),
                        complained > 0 && pluralize(complained, 'complaint'),
                      ]
                        .filter(Boolean)
                        .join(', ')}
                      {by !== 'reason' && ` of ${formatNumber(sent)}`}
                    </span>
                  </li>
                );
              })}
            </ul>
          </section>
        ))}
      </div>
    </details>
  );
}
