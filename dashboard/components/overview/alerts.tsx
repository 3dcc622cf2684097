import type { ComponentChildren } from 'preact';
import { Link } from 'wouter-preact';
import type { Endpoint, Reputation, ReputationScope, Stats } from '../../api/types.ts';
import { useReputation } from '../../api/use-reputation.ts';
import { endpointName } from '../../text/endpoint-name.ts';
import { endpointState, heldDeliveriesText } from '../../text/endpoint-state.ts';
import { formatPercent, pluralize } from '../../text/format.ts';
import { logsLink } from '../../text/logs-link.ts';
import { LIMITED_RATES, measuredRate } from '../../text/measured-rate.ts';
import { isAboveLimit, rateFloors, rateLevel } from '../../text/rate-level.ts';
import { reasonText, scopesInTrouble, scopesToAlert } from '../../text/reputation.ts';
import { Time } from '../time.tsx';

function Alert({
  level,
  title,
  href,
  action,
  children,
}: {
  readonly level: 'warn' | 'bad';
  readonly title: ComponentChildren;
  readonly href: string;
  readonly action: string;
  readonly children: ComponentChildren;
}) {
  return (
    <li class="alert" data-level={level}>
      <div class="grow">
        <strong>{title}</strong>
        <p>{children}</p>
      </div>
      <Link class="button" href={href}>
        {action}
      </Link>
    </li>
  );
}

const RATES = {
  bounce: {
    name: 'Bounce rate',
    advice: 'Stop sending to the addresses that do not exist, and check where they come from.',
    action: 'View bounces',
  },
  complaint: {
    name: 'Complaint rate',
    advice: 'Send only to people who asked for your email, and make it easy to unsubscribe.',
    action: 'View complaints',
  },
} as const;

/** A scope of the guard that is in the state `warning` or `paused`. */
function GuardAlert({ scope }: { readonly scope: ReputationScope }) {
  const { configuration_set: set, state, since, reasons } = scope;
  const what = set === null ? '' : ` for ${set}`;
  return (
    <Alert
      level={state === 'paused' ? 'bad' : 'warn'}
      title={state === 'paused' ? `Sending is paused${what}` : `Reputation warning${what}`}
      href="/deliverability"
      action="View deliverability"
    >
      {since !== null && (
        <>
          Since <Time at={since} />.{' '}
        </>
      )}
      {reasons.map((reason) => `${reasonText(reason)}.`).join(' ')}
      {state === 'paused' && ' A person must resume sending.'}
    </Alert>
  );
}

/** The level of a rate if it needs an alert of its own. The alert of the guard already names the rates that are its reasons. */
function alertLevel(
  stats: Stats,
  key: keyof typeof RATES,
  reputation: Reputation | undefined,
): 'warn' | 'bad' | undefined {
  const level = rateLevel(measuredRate(stats, key), stats.limits[key], rateFloors(reputation?.limits)[key]);
  const isInGuardAlert = scopesInTrouble(reputation).some(
    ({ configuration_set: set, reasons }) => set === null && reasons.some(({ metric }) => metric === key),
  );
  return isAboveLimit(level) && !isInGuardAlert ? level : undefined;
}

function RateAlert({
  stats,
  rate: key,
  level,
}: {
  readonly stats: Stats;
  readonly rate: keyof typeof RATES;
  readonly level: 'warn' | 'bad';
}) {
  const { name, advice, action } = RATES[key];
  const limits = stats.limits[key];
  const measured = measuredRate(stats, key);
  const limitText =
    level === 'warn'
      ? `Above ${formatPercent(limits.review)}, SES may review the account`
      : `Above ${formatPercent(limits.pause)}, SES may pause sending`;
  return (
    <Alert
      level={level}
      title={`${name} ${formatPercent(measured.rate)}`}
      href={logsLink({
        view: 'events',
        status: [LIMITED_RATES[key]],
        after: stats.after,
        before: stats.before,
      })}
      action={action}
    >
      {limitText}. {advice}
    </Alert>
  );
}

function EndpointAlert({ endpoint }: { readonly endpoint: Endpoint }) {
  const { id, failing_since: since, consecutive_failures: failures } = endpoint;
  return (
    <Alert
      level="bad"
      title={`${endpointName(endpoint)} is failing`}
      href={`/webhooks/${id}`}
      action="View webhook"
    >
      {since !== null && (
        <>
          Since <Time at={since} />:{' '}
        </>
      )}
      {pluralize(failures, 'consecutive failed attempt')},{' '}
      {heldDeliveriesText(endpoint) ?? 'no deliveries held'}. Fix the endpoint, then send a test event.
    </Alert>
  );
}

/** The alerts of the guard that the page shows. The others are on the Deliverability page. */
const MAX_SCOPES = 3;

/** What needs attention now: a warning or a pause of the guard, failing webhooks, and rates above a limit of SES. Nothing if all is well. */
export function Alerts({
  stats,
  endpoints,
}: {
  readonly stats: Stats | undefined;
  readonly endpoints: readonly Endpoint[];
}) {
  const { data: reputation } = useReputation();
  const scopes = scopesToAlert(reputation);
  const failing = endpoints.filter((endpoint) => endpointState(endpoint) === 'failing');
  const rates = (['bounce', 'complaint'] as const).flatMap((key) => {
    const level = stats && alertLevel(stats, key, reputation);
    return level === undefined ? [] : [{ key, level }];
  });
  if (scopes.length + failing.length + rates.length === 0) return null;
  return (
    <ul class="alerts" aria-label="Needs attention">
      {scopes.slice(0, MAX_SCOPES).map((scope) => (
        <GuardAlert key={scope.configuration_set} scope={scope} />
      ))}
      {failing.map((endpoint) => (
        <EndpointAlert key={endpoint.id} endpoint={endpoint} />
      ))}
      {stats && rates.map(({ key, level }) => <RateAlert key={key} stats={stats} rate={key} level={level} />)}
    </ul>
  );
}
