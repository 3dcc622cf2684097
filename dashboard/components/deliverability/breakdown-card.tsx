import type { StatsRange } from '../../text/stats-range.ts';
import { BREAKDOWNS, comparedPeriod, type BreakdownName } from '../../text/breakdown.ts';
import { ErrorState } from '../states.tsx';
import { BreakdownTable } from './breakdown-table.tsx';
import type { Breakdown } from './use-breakdown.ts';
import type { StatsWithBreakdown } from '../../api/types.ts';

/** The rates by mailbox provider, sender, tag or configuration set. */
export function BreakdownCard({
  breakdown: { data, error, reload, isStale },
  before,
  by,
  range,
  onSelect,
}: {
  readonly breakdown: Breakdown;
  readonly before: StatsWithBreakdown | undefined;
  readonly by: BreakdownName;
  readonly range: StatsRange;
  readonly onSelect: (by: BreakdownName) => void;
}) {
  return (
    <section class="card breakdown" aria-labelledby="breakdown" aria-busy={isStale}>
      <header class="card-head">
        <h2 id="breakdown">Emails by {BREAKDOWNS[by].column.toLowerCase()}</h2>
        <div class="segments" role="group" aria-label="Emails by">
          {Object.entries(BREAKDOWNS).map(([name, { tab }]) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === by}
              onClick={() => onSelect(name as BreakdownName)}
            >
              {tab}
            </button>
          ))}
        </div>
      </header>
      {error && <ErrorState error={error} retry={() => void reload()} />}
      {data && <BreakdownTable stats={data} before={before?.breakdown} range={range} />}
      <p class="quiet note">
        {before ? `Changes compare with ${comparedPeriod(range)}. ` : ''}
        Time to delivery is the time until the recipient’s mail server accepted the email.
      </p>
    </section>
  );
}
