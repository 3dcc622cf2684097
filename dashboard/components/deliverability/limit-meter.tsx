import { Link } from 'wouter-preact';
import { formatPercent } from '../../text/format.ts';
import type { Measure } from '../../text/reputation.ts';

/** A rate on a scale with its warning limit and its pause limit. */
export function LimitMeter({
  measure: { name, rate, counts, level, verdict, warning, pause },
  href,
}: {
  readonly measure: Measure;
  /** The log with the emails behind the rate, if the log has a filter for them. */
  readonly href?: string | undefined;
}) {
  const scaleEnd = Math.max(pause * 1.25, (rate ?? 0) * 1.1);
  const widthOf = (value: number): string => `${Math.min(100, (value / scaleEnd) * 100)}%`;
  return (
    <div class="limit-meter">
      <p class="limit-meter-head">
        <span>{name}</span>
        <b data-level={level === 'warn' || level === 'bad' ? level : undefined}>{formatPercent(rate)}</b>
      </p>
      <div
        class="meter"
        data-level={level}
        role="img"
        aria-label={`${name} ${formatPercent(rate)}, ${verdict}. Warning at ${formatPercent(warning)}, pause at ${formatPercent(pause)}.`}
      >
        <span class="fill" style={{ width: widthOf(rate ?? 0) }} />
        <span class="limit" data-limit="warning" style={{ left: widthOf(warning) }} />
        <span class="limit" data-limit="pause" style={{ left: widthOf(pause) }} />
      </div>
      <p class="limit-meter-foot">
        {level === 'none' ? (
          <span class="quiet">{verdict}</span>
        ) : (
          <span class="level" data-level={level}>
            {verdict}
          </span>
        )}
      </p>
      <p class="limit-meter-foot quiet">
        <span class="limit-key" aria-hidden="true">
          <span data-limit="warning">warning {formatPercent(warning)}</span>
          <span data-limit="pause">pause {formatPercent(pause)}</span>
        </span>
        {href === undefined ? <span>{counts}</span> : <Link href={href}>{counts}</Link>}
      </p>
    </div>
  );
}
