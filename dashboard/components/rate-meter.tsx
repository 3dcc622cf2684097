import { formatPercent } from '../text/format.ts';

/** A rate on a scale that shows the limits of SES. The rate is null if the time range contains no emails. */
export function RateMeter({
  name,
  rate,
  limits,
}: {
  readonly name: string;
  readonly rate: number | null;
  readonly limits: { readonly review: number; readonly pause: number };
}) {
  const { review, pause } = limits;
  const scaleEnd = Math.max(pause * 1.25, (rate ?? 0) * 1.1);
  const widthOf = (value: number): string => `${Math.min(100, (value / scaleEnd) * 100)}%`;
  const level = rate === null || rate < review ? 'good' : rate < pause ? 'warn' : 'bad';
  const assessment =
    rate === null
      ? 'no data yet'
      : level === 'good'
        ? 'below the SES limits'
        : level === 'warn'
          ? 'SES may review the account'
          : 'SES may pause sending';
  return (
    <div class="stat">
      <h2>{name}</h2>
      <p class="figure">{formatPercent(rate)}</p>
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
        <span class="level" data-level={level}>
          {assessment}
        </span>{' '}
        · review at {formatPercent(review)}, pause at {formatPercent(pause)}
      </p>
    </div>
  );
}
