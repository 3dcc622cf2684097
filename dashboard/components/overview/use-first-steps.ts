import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatTimestamp } from '../../../lambdas/core/timestamps.ts';
import { withQuery } from '../../api/client.ts';
import type { Endpoint, List, LogEntry, Stats } from '../../api/types.ts';
import { useResource, type Resource } from '../../api/use-resource.ts';
import { session } from '../../state/app.ts';
import { firstSteps, setFirstSteps } from '../../state/preferences.ts';
import { countDone, stepsDone, type StepsDone } from '../../text/first-steps.ts';

const POLL_MS = 5_000;
const SETUP_DAYS = 90;

/** Midnight, because the path of a request is the key of the response cache. */
function setupStart(): string {
  return formatTimestamp(Math.floor(Date.now() / 86_400_000 - SETUP_DAYS) * 86_400_000);
}

export interface FirstStepsState {
  /** Undefined if the first steps are not shown. */
  readonly done: StepsDone | undefined;
  /** Whether it is not known yet which steps are done. */
  readonly isLoading: boolean;
  readonly dismiss: () => void;
  readonly reload: () => void;
}

/** Whether the Overview page shows the first steps, and which of them are done. Loads nothing if the user dismissed them. */
export function useFirstSteps(endpoints: Resource<List<Endpoint>>): FirstStepsState {
  const { value } = session.current;
  const workspaceId = value.state === 'signed-in' ? value.workspace.id : '';
  const choice = firstSteps.value[workspaceId];
  const isHidden = choice === 'hidden';
  const [isFinished, setIsFinished] = useState(false);
  const pollMs = isFinished ? undefined : POLL_MS;
  const newest = useResource<List<LogEntry>>(isHidden ? undefined : '/v1/send/logs?limit=1', { pollMs });
  const after = useMemo(setupStart, []);
  const statsPath = withQuery('/v1/stats', { interval: 'day', after });
  const stats = useResource<Stats>(isHidden ? undefined : statsPath, { pollMs });
  const done = isHidden
    ? undefined
    : stepsDone({ newest: newest.data, endpoints: endpoints.data, stats: stats.data });
  // A workspace that was set up before shows nothing. Steps that the user completes on this page stay, with all ticks.
  const wasIncomplete = useRef(choice === 'shown');
  const isComplete = done !== undefined && countDone(done) === Object.keys(done).length;
  if (done && !isComplete) wasIncomplete.current = true;
  useEffect(() => {
    if (!isComplete) return;
    setIsFinished(true);
    if (!wasIncomplete.current) setFirstSteps(workspaceId, 'hidden');
  }, [isComplete]);
  const hasFailed = (newest.error ?? stats.error ?? endpoints.error) !== undefined;
  return {
    done: isComplete && !wasIncomplete.current ? undefined : done,
    isLoading: !isHidden && done === undefined && !hasFailed,
    dismiss: () => setFirstSteps(workspaceId, 'hidden'),
    reload: () => {
      void newest.reload();
      void stats.reload();
    },
  };
}
