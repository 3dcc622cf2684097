import { Link } from 'wouter-preact';
import type { Change } from '../../text/comparison.ts';
import { formatPercent } from '../../text/format.ts';
import {
  isAboveLimit,
  rateLevel,
  type MeasuredRate,
  type RateFloor,
  type RateLimits,
} from '../../text/rate-level.ts';
import { ChangeText } from './change-text.tsx';

const ASSESSMENTS = {
  good: 'below the SES limits',
  few: 'too few emails to judge',
  warn: 'SES may review the account',
  bad: 'SES may pause sending',
} as const;

/** A rate on a scale that shows the limits of SES. The rate is null if the time range contains no emails. */
export function RateMeter({
  name,
  measured,
  limits,
  floor,
  change,
  period,
}: {
  readonly name: string;
  readonly measured: MeasuredRate;
  readonly limits: RateLimits;
  /** With fewer emails or cases, the rate is not judged. */
  readonly floor: RateFloor;
  readonly change: Change | undefined;
  readonly period: string;
}) {
  const { review, pause } = limits;
  const { rate } = measured;
  const scaleEnd = Math.max(pause * 1.25, (rate ?? 0) * 1.1);
  const widthOf = (value: number): string => `${Math.min(100, (value / scaleEnd) * 100)}%`;
  const level = rateLevel(measured, limits, floor);
  const assessment = rate === null ? 'no data yet' : ASSESSMENTS[level];
  return (
    <div class="stat">
      <h2>
        <Link href="/deliverability">{name}</Link>
      </h2>
      <p class="figure" data-level={isAboveLimit(level) ? level : undefined}>
        {formatPercent(rate)}
      </p>
      <ChangeText
        change={level === 'few' && change ? { ...change, effect: undefined } : change}
        period={period}
      />
      <div
        class="meter"
        data-level={level}
        role="img"
        aria-label={`${name}: ${formatPercent(rate)}, ${assessment}`}
      >
        <span class="fill" style={{ width: widthOf(rate ?? 0) }} />
        <span class="limit" data-limit="review" style={{ left: widthOf(review) }} />
        <span class="limit" data-limit="pause" style={{ left: widthOf(pause) }} />
      </div>
      <p class="quiet">
        {/* Without data there is no level, so no color says that the rate is good. */}
        {rate === null ? (
          assessment
        ) : (
          <span class="level" data-level={level}>
            {assessment}
          </span>
        )}
        <br />
        review at {formatPercent(review)}, pause at {formatPercent(pause)}
      </p>
    </div>
  );
}
