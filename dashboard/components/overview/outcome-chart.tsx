import { useMemo } from 'preact/hooks';
import { formatTimestamp } from '../../../lambdas/core/timestamps.ts';
import type { Stats } from '../../api/types.ts';
import { formatCompact, formatNumber, formatPercent, pluralize } from '../../text/format.ts';
import { allocateInFlight } from '../../text/in-flight.ts';
import { IN_FLIGHT_STATUSES, logsLink } from '../../text/logs-link.ts';
import { statusLabel } from '../../text/status.ts';
import { endOfInterval } from '../../text/stats-range.ts';
import { Chart } from '../chart/chart.tsx';
import type { ChartProps, Series } from '../chart/props.ts';

/** From the bottom of a bar to its top. An email with a complaint is also counted as `delivered`. */
const OUTCOMES = [
  { name: 'delivered', tone: 'good' },
  { name: 'delayed', tone: 'warn' },
  { name: 'soft_bounced', tone: 'soft' },
  { name: 'bounced', tone: 'bad' },
  { name: 'complained', tone: 'complaint' },
  { name: 'suppressed', tone: 'held' },
  { name: 'failed', tone: 'fail' },
] as const;
const IN_FLIGHT = 'In flight';

function seriesOf(stats: Stats): readonly Series[] {
  return [
    ...OUTCOMES.map(({ name, tone }) => ({
      name: statusLabel(name),
      tone,
      values: stats.buckets.map(({ counts }) => counts[name]),
      total: stats.totals[name],
    })),
    {
      name: IN_FLIGHT,
      tone: 'sent',
      values: allocateInFlight(stats.buckets, stats.in_flight),
      total: stats.in_flight,
    },
  ];
}

/** The entries of the log that a part of the chart counts. */
function logOf(stats: Stats, { index, series }: Parameters<NonNullable<ChartProps['hrefOf']>>[0]): string {
  const start = index === undefined ? undefined : stats.buckets[index]?.start;
  const after = start ?? stats.after;
  const before =
    start === undefined ? stats.before : formatTimestamp(endOfInterval(Date.parse(start), stats.interval));
  const range = { after, before };
  if (series === undefined) return logsLink({ view: 'messages', ...range });
  if (series === IN_FLIGHT) return logsLink({ view: 'messages', status: IN_FLIGHT_STATUSES, ...range });
  // Events, not messages: a complaint can be in a later interval than the time of its message.
  const status = OUTCOMES.filter(({ name }) => statusLabel(name) === series).map(({ name }) => name);
  return logsLink({ view: 'events', status, ...range });
}

/**
 * Opens and clicks, with their rates per delivered email. Automated events are not in the rates. Nothing if there are none: a stack
 * tracks them only with the option `trackEngagement`.
 */
function Engagement({ stats: { totals, rates } }: { readonly stats: Stats }) {
  if (totals.opened + totals.clicked === 0) return null;
  const text = (noun: string, total: number, automated: number, rate: number | null): string =>
    `${pluralize(total, noun)}, ${formatNumber(automated)} of them automated: ${formatPercent(rate)} of delivered emails`;
  return (
    <p class="chart-note">
      {text('open', totals.opened, totals.opened_automated, rates.open)}
      <br />
      {text('click', totals.clicked, totals.clicked_automated, rates.click)}
    </p>
  );
}

/** The emails of the time range by outcome. Each bar and each item of the legend opens the log. */
export function OutcomeChart({
  stats,
  isStale,
  onZoom,
}: {
  readonly stats: Stats;
  readonly isStale: boolean;
  readonly onZoom: (from: number, to: number) => void;
}) {
  const series = useMemo(() => seriesOf(stats), [stats]);
  const starts = useMemo(() => stats.buckets.map(({ start }) => start), [stats]);
  return (
    <section class="card" aria-busy={isStale}>
      <Chart
        title="Emails by outcome"
        unit={`emails per ${stats.interval}`}
        interval={stats.interval}
        starts={starts}
        series={series}
        kind="bars"
        minimum={5}
        wholeNumbers
        format={(value) => (value === null ? '–' : formatNumber(value))}
        formatTick={formatCompact}
        hrefOf={(target) => logOf(stats, target)}
        onZoom={onZoom}
      />
      <Engagement stats={stats} />
      <p class="quiet chart-note">
        Drag over the chart to zoom. Statistics exclude emails to the SES mailbox simulator. The log includes
        them.
      </p>
    </section>
  );
}
