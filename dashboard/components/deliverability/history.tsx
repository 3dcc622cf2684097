import { useEffect, useRef, useState } from 'preact/hooks';
import { withQuery } from '../../api/client.ts';
import type { List, Reputation, ReputationHistoryEntry } from '../../api/types.ts';
import { useResource, type Resource } from '../../api/use-resource.ts';
import { STATE_TEXT, changedByText, reasonText, scopeName } from '../../text/reputation.ts';
import { Card } from '../page.tsx';
import { Pager } from '../pager.tsx';
import { EmptyState, ErrorState, Loading } from '../states.tsx';
import { Time } from '../time.tsx';

const LIMIT = '5';
const POLL_MS = 60_000;

/** What happened: `Paused`, `Resumed`, `Warning` or `OK`. */
function titleOf({ from, to }: ReputationHistoryEntry): string {
  return from === 'paused' && to !== 'paused' ? 'Resumed' : STATE_TEXT[to].name;
}

export interface ReputationChanges extends Resource<List<ReputationHistoryEntry>> {
  /** Opens another page of the list. */
  readonly onMove: (cursor: string) => void;
}

/** Loads the changes of the state of the guard. The list loads again when `reputation` shows a new change. */
export function useReputationHistory(reputation: Reputation | undefined): ReputationChanges {
  const [cursor, setCursor] = useState<string>();
  const path = withQuery('/v1/reputation/history', { limit: LIMIT, cursor });
  const resource = useResource<List<ReputationHistoryEntry>>(path, { pollMs: POLL_MS });
  const changes = reputation?.scopes.map(({ since, state }) => `${state} ${since}`).join();
  const known = useRef(changes);
  useEffect(() => {
    if (known.current !== undefined && changes !== known.current) void resource.reload();
    known.current = changes;
  }, [changes]);
  return { ...resource, onMove: setCursor };
}

/** The changes of the state of the guard, the newest first. */
export function ReputationHistory({
  history: { data, error, reload, onMove },
}: {
  readonly history: ReputationChanges;
}) {
  const hasPages = Boolean(data?.next_cursor ?? data?.prev_cursor);
  return (
    <Card title="History">
      {error && <ErrorState error={error} retry={() => void reload()} />}
      {!data && !error && <Loading lines={3} />}
      {data?.data.length === 0 && <EmptyState title="The guard has not changed its state yet." />}
      <ul class="rows guard-history">
        {data?.data.map((entry, index) => (
          <li key={`${entry.at} ${entry.configuration_set} ${index}`}>
            <span class="badge" data-tone={STATE_TEXT[entry.to].tone}>
              {titleOf(entry)}
            </span>
            <span class="grow">
              <span>
                {scopeName(entry.configuration_set)}, {changedByText(entry.changed_by, entry.by_name)}
              </span>
              {entry.reasons.map((reason) => (
                <span key={`${reason.window} ${reason.metric}`} class="quiet">
                  {reasonText(reason)}
                </span>
              ))}
            </span>
            <Time at={entry.at} />
          </li>
        ))}
      </ul>
      {hasPages && <Pager prev={data?.prev_cursor} next={data?.next_cursor} onMove={onMove} />}
    </Card>
  );
}
