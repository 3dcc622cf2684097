import { formatPercent } from '../text/format.ts';

/** A rate on a scale that has the limits of SES on it; null where there is nothing to divide by. */
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
  const end = Math.max(pause * 1.25, (rate ?? 0) * 1.1);
  const share = (value: number): string => `${Math.min(100, (value / end) * 100)}%`;
  const level = rate === null || rate < review ? 'good' : rate < pause ? 'warn' : 'bad';
  const words =
    rate === null
      ? 'nothing to judge yet'
      : level === 'good'
        ? 'below SES’s limits'
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
        aria-label={`${name}: ${formatPercent(rate)}, ${words}`}
      >
        <span class="fill" style={{ width: share(rate ?? 0) }} />
        <span class="limit" data-limit="review" style={{ left: share(review) }} />
        <span class="limit" data-limit="pause" style={{ left: share(pause) }} />
      </div>
      <p class="quiet">
        <span class="level" data-level={level}>
          {words}
        </span>{' '}
        · review at {formatPercent(review)}, pause at {formatPercent(pause)}
      </p>
    </div>
  );
}
