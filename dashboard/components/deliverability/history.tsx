import { useEffect, useState } from 'preact/hooks';
import { withQuery } from '../../api/client.ts';
import type { List, Reputation, ReputationHistoryEntry } from '../../api/types.ts';
import { useResource } from '../../api/use-resource.ts';
import { STATE_TEXT, changedByText, reasonText, scopeName } from '../../text/reputation.ts';
import { Card } from '../page.tsx';
import { Pager } from '../pager.tsx';
import { EmptyState, ErrorState, Loading } from '../states.tsx';
import { Time } from '../time.tsx';

const LIMIT = '10';
const POLL_MS = 60_000;

/** What happened: `Paused`, `Resumed`, `Warning` or `OK`. */
function titleOf({ from, to }: ReputationHistoryEntry): string {
  return from === 'paused' && to !== 'paused' ? 'Resumed' : STATE_TEXT[to].name;
}

/** The changes of the state of the guard, the newest first. */
export function ReputationHistory({ reputation }: { readonly reputation: Reputation | undefined }) {
  const [cursor, setCursor] = useState<string>();
  const path = withQuery('/v1/reputation/history', { limit: LIMIT, cursor });
  const { data, error, reload } = useResource<List<ReputationHistoryEntry>>(path, { pollMs: POLL_MS });
  const states = reputation?.scopes.map(({ since, state }) => `${state} ${since}`).join();
  // After a pause or a resume, the new entry is shown at once.
  useEffect(() => {
    if (data) void reload();
  }, [states]);
  const hasPages = Boolean(data?.next_cursor ?? data?.prev_cursor);
  return (
    <Card title="History">
      {error && <ErrorState error={error} retry={() => void reload()} />}
      {!data && !error && <Loading lines={3} />}
      {data?.data.length === 0 && <EmptyState title="The guard has not changed its state yet." />}
      <ul class="rows guard-history">
        {data?.data.map((entry) => (
          <li key={`${entry.at} ${entry.configuration_set}`}>
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
      {hasPages && <Pager prev={data?.prev_cursor} next={data?.next_cursor} onMove={setCursor} />}
    </Card>
  );
}
