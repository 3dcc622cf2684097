import { Link } from 'wouter-preact';
import { formatTimestamp } from '../../../lambdas/core/timestamps.ts';
import type { DryRun } from '../../api/types.ts';
import { timeDisplay } from '../../state/preferences.ts';
import { spansOf } from '../../text/dry-run.ts';
import { formatIntervalStart, formatNumber } from '../../text/format.ts';
import { logsLink } from '../../text/logs-link.ts';
import { STATE_TEXT, reasonText } from '../../text/reputation.ts';
import { Time } from '../time.tsx';

const MAX_ROWS = 10;
const DAY_MS = 86_400_000;

/** When the guard would have warned and paused: on a line, and as a list. */
export function DryRunResult({
  result,
  hasLog,
}: {
  readonly result: DryRun;
  /** Whether the log has a filter for the emails of the dry run. */
  readonly hasLog: boolean;
}) {
  const { after, before, transitions } = result;
  const { zone } = timeDisplay.value;
  const percent = (share: number): string => `${share * 100}%`;
  const logBefore = (at: string): string =>
    logsLink({
      view: 'events',
      status: ['bounced', 'complained'],
      after: formatTimestamp(Date.parse(at) - DAY_MS),
      before: at,
    });
  return (
    <>
      <div class="strip" aria-hidden="true">
        {spansOf(result).map(({ state, from, to }) => (
          <span
            key={from}
            data-tone={STATE_TEXT[state].tone}
            style={{ left: `min(${percent(from)}, 100% - 4px)`, width: percent(to - from) }}
          />
        ))}
      </div>
      <p class="strip-ends quiet" aria-hidden="true">
        <span>{formatIntervalStart(Date.parse(after), 'hour', zone)}</span>
        <span class="strip-key">
          <span class="swatch" data-tone="warn" /> warning <span class="swatch" data-tone="bad" /> paused
        </span>
        <span>{formatIntervalStart(Date.parse(before), 'hour', zone)}</span>
      </p>
      {transitions.length > 0 && (
        <ol class="rows guard-history">
          {transitions.slice(0, MAX_ROWS).map(({ at, to, reasons }) => (
            <li key={at}>
              <span class="badge" data-tone={STATE_TEXT[to].tone}>
                {STATE_TEXT[to].name}
              </span>
              <span class="grow">
                {reasons.length === 0 && <span class="quiet">The rates are below the limits again.</span>}
                {reasons.map((reason) => (
                  <span key={`${reason.window} ${reason.metric}`} class="quiet">
                    {reasonText(reason)}
                  </span>
                ))}
              </span>
              {hasLog && to !== 'ok' ? (
                <Link href={logBefore(at)}>
                  <Time at={at} />
                </Link>
              ) : (
                <Time at={at} />
              )}
            </li>
          ))}
        </ol>
      )}
      {transitions.length > MAX_ROWS && (
        <p class="quiet">and {formatNumber(transitions.length - MAX_ROWS)} more changes</p>
      )}
    </>
  );
}
