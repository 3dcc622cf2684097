import { Link } from 'wouter-preact';
import { formatTimestamp } from '../../../lambdas/core/timestamps.ts';
import type { Stats } from '../../api/types.ts';
import { useReputation } from '../../api/use-reputation.ts';
import { changeOfCount, changeOfRate } from '../../text/comparison.ts';
import { formatNumber, formatPercent } from '../../text/format.ts';
import { IN_FLIGHT_STATUSES, logsLink } from '../../text/logs-link.ts';
import { STATS_RANGES, completeUntil, type StatsRange } from '../../text/stats-range.ts';
import { ChangeText } from './change-text.tsx';
import { rateFloors } from '../../text/rate-level.ts';
import { measuredRate } from '../../text/measured-rate.ts';
import { RateMeter } from './rate-meter.tsx';

/** A delivery rate above 97% is usual, so its changes are neither good nor bad news. */
const UNDELIVERED_SHARE = 0.03;

/** The emails in the intervals that the period before has too. */
function sentUntilNow({ buckets, totals }: Stats, range: StatsRange): number {
  if (range.name === undefined) return totals.sent;
  const complete = buckets.filter(({ start }) => Date.parse(start) < completeUntil(range));
  return complete.reduce((sum, { counts }) => sum + counts.sent, 0);
}

/** The numbers of the time range, compared with the period before. */
export function KeyFigures({
  stats,
  before,
  range,
}: {
  readonly stats: Stats;
  /** The statistics of the period before. Undefined if it has no emails. */
  readonly before: Stats | undefined;
  readonly range: StatsRange;
}) {
  const { totals, rates, limits, in_flight: inFlight } = stats;
  const floors = rateFloors(useReputation().data?.limits);
  const period = `previous ${range.name === undefined ? 'period' : STATS_RANGES[range.name].name}`;
  return (
    <div class="stats" data-compared={before !== undefined}>
      <div class="stat">
        <h2>Sent</h2>
        <p class="figure" data-name="sent">
          {formatNumber(totals.sent)}
        </p>
        <ChangeText
          change={before && changeOfCount(sentUntilNow(stats, range), before.totals.sent)}
          period={period}
        />
        <p class="in-flight">
          <Link
            href={logsLink({
              view: 'messages',
              status: IN_FLIGHT_STATUSES,
              after: formatTimestamp(range.afterMs),
              before: range.name === undefined ? formatTimestamp(range.beforeMs) : undefined,
            })}
          >
            <span class="swatch" data-tone="sent" />
            <b data-name="in_flight">{formatNumber(inFlight)}</b> in flight
          </Link>
        </p>
        <p class="quiet">accepted by SES, no outcome yet</p>
      </div>
      <div class="stat">
        <h2>Delivery rate</h2>
        <p class="figure" data-name="delivery_rate">
          {formatPercent(rates.delivery)}
        </p>
        <ChangeText
          change={changeOfRate(rates.delivery, before?.rates.delivery ?? null, {
            better: 'up',
            mattersFrom: UNDELIVERED_SHARE,
          })}
          period={period}
        />
        <div
          class="meter"
          data-level="good"
          role="img"
          aria-label={`Delivery rate: ${formatPercent(rates.delivery)}`}
        >
          <span class="fill" style={{ width: `${(rates.delivery ?? 0) * 100}%` }} />
        </div>
        <p class="quiet">
          {formatNumber(totals.delivered)} delivered
          <br />
          of the emails with an outcome
        </p>
      </div>
      <RateMeter
        name="Bounce rate"
        measured={measuredRate(stats, 'bounce')}
        limits={limits.bounce}
        floor={floors.bounce}
        change={changeOfRate(rates.bounce, before?.rates.bounce ?? null, {
          better: 'down',
          mattersFrom: limits.bounce.review / 2,
        })}
        period={period}
      />
      <RateMeter
        name="Complaint rate"
        measured={measuredRate(stats, 'complaint')}
        limits={limits.complaint}
        floor={floors.complaint}
        change={changeOfRate(rates.complaint, before?.rates.complaint ?? null, {
          better: 'down',
          mattersFrom: limits.complaint.review / 2,
        })}
        period={period}
      />
    </div>
  );
}
