import type { Change } from '../../text/comparison.ts';

const ARROWS = { up: '↑', down: '↓', same: '→' } as const;

/** A change against the period before: `↑ 12% vs. previous 7 days`. An empty line if there is nothing to compare with. */
export function ChangeText({
  change,
  period,
}: {
  readonly change: Change | undefined;
  readonly period: string;
}) {
  return (
    <p class="change">
      {change && (
        <>
          <span data-effect={change.effect}>
            <span aria-hidden="true">{ARROWS[change.direction]} </span>
            {change.direction !== 'same' && <span class="visually-hidden">{change.direction} </span>}
            {change.amount}
          </span>{' '}
          vs. {period}
        </>
      )}
    </p>
  );
}
