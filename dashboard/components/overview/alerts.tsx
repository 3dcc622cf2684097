import type { ComponentChildren } from 'preact';
import { Link } from 'wouter-preact';
import type { Endpoint, Stats } from '../../api/types.ts';
import { endpointName } from '../../text/endpoint-name.ts';
import { endpointState, heldDeliveriesText } from '../../text/endpoint-state.ts';
import { formatPercent, pluralize } from '../../text/format.ts';
import { logsLink } from '../../text/logs-link.ts';
import { LIMITED_RATES, measuredRate } from '../../text/measured-rate.ts';
import { isAboveLimit, rateLevel } from '../../text/rate-level.ts';
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

function RateAlert({ stats, rate: key }: { readonly stats: Stats; readonly rate: keyof typeof RATES }) {
  const { name, advice, action } = RATES[key];
  const limits = stats.limits[key];
  const measured = measuredRate(stats, key);
  const level = rateLevel(measured, limits);
  if (!isAboveLimit(level)) return null;
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

/** What needs attention now: failing webhooks, and rates above a limit of SES. Nothing if all is well. */
export function Alerts({
  stats,
  endpoints,
}: {
  readonly stats: Stats | undefined;
  readonly endpoints: readonly Endpoint[];
}) {
  const failing = endpoints.filter((endpoint) => endpointState(endpoint) === 'failing');
  const hasRateAlert =
    stats !== undefined &&
    (['bounce', 'complaint'] as const).some((key) =>
      isAboveLimit(rateLevel(measuredRate(stats, key), stats.limits[key])),
    );
  if (failing.length === 0 && !hasRateAlert) return null;
  return (
    <ul class="alerts" aria-label="Needs attention">
      {failing.map((endpoint) => (
        <EndpointAlert key={endpoint.id} endpoint={endpoint} />
      ))}
      {stats && <RateAlert stats={stats} rate="bounce" />}
      {stats && <RateAlert stats={stats} rate="complaint" />}
    </ul>
  );
}
