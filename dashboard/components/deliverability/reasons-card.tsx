import { useState } from 'preact/hooks';
import type { StatsGroup } from '../../api/types.ts';
import { REASON_ADVICE } from '../../../lambdas/core/reasons/advice.ts';
import { formatNumber, pluralize } from '../../text/format.ts';
import { Card } from '../page.tsx';
import { EmptyState, ErrorState } from '../states.tsx';
import type { Breakdown } from './use-breakdown.ts';

/** The reasons that are shown before the user asks for all of them. */
const FIRST = 6;

function problemsOf({ totals: { bounced, soft_bounced: soft, delayed } }: StatsGroup): number {
  return bounced + soft + delayed;
}

function adviceOf(value: string): string | undefined {
  return Object.hasOwn(REASON_ADVICE, value)
    ? REASON_ADVICE[value as keyof typeof REASON_ADVICE].advice
    : undefined;
}

/** Why emails bounced or were delayed, the most frequent reason first, and what to do about each. */
export function ReasonsCard({
  breakdown: { data, error, reload, isStale },
}: {
  readonly breakdown: Breakdown;
}) {
  const [showsAll, setShowsAll] = useState(false);
  const { groups = [], other } = data?.breakdown ?? {};
  const reasons = [...groups, ...(other ? [other] : [])].filter((group) => problemsOf(group) > 0);
  const total = reasons.reduce((sum, group) => sum + problemsOf(group), 0);
  return (
    <Card
      title="Reasons for bounces and delays"
      aside={total > 0 && <span class="quiet">{pluralize(total, 'event')}</span>}
    >
      {error && <ErrorState error={error} retry={() => void reload()} />}
      {data && reasons.length === 0 && <EmptyState title="No bounces and no delays in this time range." />}
      <ul class="reason-rows" aria-busy={isStale}>
        {reasons.slice(0, showsAll ? undefined : FIRST).map((group) => {
          const { bounced, soft_bounced: soft, delayed } = group.totals;
          const count = problemsOf(group);
          const advice = adviceOf(group.value);
          return (
            <li key={group.value}>
              <div class="reason-head">
                <h3>{group.name}</h3>
                <b>{formatNumber(count)}</b>
              </div>
              <div class="share reason-share" aria-hidden="true">
                <span data-tone="bad" style={{ width: `${(bounced / total) * 100}%` }} />
                <span data-tone="soft" style={{ width: `${(soft / total) * 100}%` }} />
                <span data-tone="warn" style={{ width: `${(delayed / total) * 100}%` }} />
              </div>
              <p class="quiet">
                {[
                  bounced > 0 && `${formatNumber(bounced)} bounced`,
                  soft > 0 && `${formatNumber(soft)} soft bounced`,
                  delayed > 0 && `${formatNumber(delayed)} delayed`,
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </p>
              {advice !== undefined && <p>{advice}</p>}
            </li>
          );
        })}
      </ul>
      {reasons.length > FIRST && !showsAll && (
        <button type="button" onClick={() => setShowsAll(true)}>
          Show all {formatNumber(reasons.length)} reasons
        </button>
      )}
    </Card>
  );
}
