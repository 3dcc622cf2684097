import type { ReplayResult, ReplayTask, Recovery } from '../core/commands.ts';
import type { DeliveryTask } from '../core/deliveries.ts';
import { probeDelaySeconds } from '../core/endpoint-health.ts';
import type { Endpoint } from '../core/endpoints.ts';
import { deterministicId } from '../core/ids.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { scaledSeconds } from '../core/wait-scale.ts';
import {
  advanceRecovery,
  getCommand,
  getRecovery,
  putCommand,
  type StoredRecovery,
} from '../store/commands.ts';
import { listEndpointDeliveries } from '../store/deliveries.ts';
import { closeBreaker, endDrain } from '../store/endpoint-health.ts';
import { getEndpoint } from '../store/endpoints.ts';
import { wantedEvents, type WantedEvent } from '../store/missed-events.ts';
import type { Table } from '../store/table.ts';
import { createTask } from './dispatch.ts';

/** 100 deliveries in 4 s, 25 a second: a receiver that has just come back is not knocked over again. */
export const DELIVERIES_PER_STEP = 100;
const STEP_SECONDS = 4;
/** Longer than dispatch may run. */
const LAST_LOOK_SECONDS = 90;
/** What a step looks at: its λ has a minute, and what it has come by is lost with it. */
const EVENTS_PER_STEP = 5_000;
const LOOK_MS = 20_000;

/** A Standard execution may have 25,000 entries of history, and a step makes ten. */
const STEPS_PER_EXECUTION = 2_000;

export interface ReplayDeps {
  readonly table: Table;
  readonly startDelivery: (task: DeliveryTask) => Promise<void>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Of the waits between steps and between probes; 1 if absent. */
  readonly waitScale?: number;
}

/**
 * One step of a recovery, or of the drain of what was held back: starts some deliveries and says when to come again. A
 * step that runs twice starts the same executions, and the claim of each delivery lets one of them send.
 */
export async function runReplayStep(deps: ReplayDeps, task: ReplayTask): Promise<ReplayResult> {
  const step = await (task.command === 'recover' ? recover(deps, task) : drain(deps, task));
  const result = { ...step, delay_seconds: scaledSeconds(step.delay_seconds, deps.waitScale) };
  return result.outcome === 'continue' && result.steps >= STEPS_PER_EXECUTION
    ? continueInNewExecution(deps, result)
    : result;
}

/** A row as the command's own: the stream starts the next execution. */
async function continueInNewExecution(deps: ReplayDeps, result: ReplayResult): Promise<ReplayResult> {
  const { outcome: _outcome, ...task } = result;
  const id = deterministicId('rcv', [task.execution_name]);
  await putCommand(
    deps.table,
    {
      command: 'continue',
      id,
      workspace_id: task.workspace_id,
      task: { ...task, execution_name: id, steps: 0 },
    },
    formatTimestamp(deps.now()),
  );
  return { ...task, outcome: 'done' };
}

function next(
  task: ReplayTask,
  outcome: ReplayResult['outcome'],
  delaySeconds = 0,
  probes = task.probes,
): ReplayResult {
  return { ...task, outcome, delay_seconds: delaySeconds, steps: task.steps + 1, probes, empty: false };
}

async function recover(deps: ReplayDeps, task: ReplayTask): Promise<ReplayResult> {
  const stored = await getRecovery(deps.table, task.workspace_id, task.command_id);
  if (!stored || stored.recovery.status !== 'running') return next(task, 'done');
  const { recovery } = stored;
  const endpoint = await getEndpoint(deps.table, recovery.workspace_id, recovery.endpoint_id);
  const completedAt = formatTimestamp(deps.now());
  if (endpoint?.status !== 'active') {
    await advanceRecovery(deps.table, stored, {
      started: recovery.started,
      status: 'cancelled',
      completedAt,
    });
    return next(task, 'done');
  }
  // While the breaker is open one delivery goes ahead, and the others wait for what becomes of it.
  const failing = endpoint.breaker_opened_at !== undefined;
  const step = await readStep(deps, stored, endpoint, failing ? 1 : DELIVERIES_PER_STEP);
  const started = await startAll(
    deps,
    step.missed.map(({ address, attempts }) =>
      createTask(address, endpoint.id, { id: recovery.id, trigger: 'recover', attempts }),
    ),
  );
  const whole = started === step.missed.length;
  const ended = whole && step.ended;
  await advanceRecovery(deps.table, stored, {
    // Those that could not be started are still missed: the next step finds all of them from the same position on.
    ...(whole && step.position !== undefined && { position: step.position }),
    started: recovery.started + (whole ? started : 0),
    status: ended ? 'completed' : 'running',
    ...(ended && { completedAt }),
  });
  if (ended) return next(task, 'done');
  return failing
    ? next(task, 'continue', probeDelaySeconds(task.probes), task.probes + 1)
    : next(task, 'continue', STEP_SECONDS, 0);
}

/** How many of the deliveries were started. Throws where none of them was: only then is the step worth nothing. */
async function startAll(deps: ReplayDeps, tasks: readonly DeliveryTask[]): Promise<number> {
  const starts = await Promise.allSettled(tasks.map((task) => deps.startDelivery(task)));
  const failed = starts.filter((start) => start.status === 'rejected');
  const [first] = failed;
  if (first && failed.length === tasks.length) throw first.reason;
  return tasks.length - failed.length;
}

interface RecoveryStep {
  readonly missed: readonly WantedEvent[];
  /** Sort key of the last event looked at. */
  readonly position?: string;
  readonly ended: boolean;
}

async function readStep(
  deps: ReplayDeps,
  { recovery, position: after }: StoredRecovery,
  endpoint: Endpoint,
  limit: number,
): Promise<RecoveryStep> {
  const missed: WantedEvent[] = [];
  const endMs = deps.now() + LOOK_MS;
  let position = after;
  let seen = 0;
  for await (const event of wantedEvents(deps.table, {
    endpoint,
    nowMs: deps.now(),
    ...rangeOf(recovery, after),
  })) {
    if (missed.length === limit || seen === EVENTS_PER_STEP || (seen > 0 && deps.now() > endMs))
      return { missed, ...(position !== undefined && { position }), ended: false };
    if (event.missed) missed.push(event);
    position = event.key;
    seen += 1;
  }
  return { missed, ...(position !== undefined && { position }), ended: true };
}

function rangeOf(
  { since, until }: Recovery,
  after: string | undefined,
): { since: string; until: string; after?: string } {
  return { since, until, ...(after !== undefined && { after }) };
}

interface MissedCountQuery {
  readonly endpoint: Endpoint;
  readonly since: string;
  readonly until: string;
  /** Leaves out held deliveries, which a drain is delivering. */
  readonly withoutHeld?: boolean;
}

/** How many events an endpoint missed. `exact` is false where the count was given up at `deadlineMs`. */
export async function countMissed(
  deps: Pick<ReplayDeps, 'table' | 'now'>,
  { withoutHeld = false, ...query }: MissedCountQuery,
  deadlineMs: number,
): Promise<{ readonly count: number; readonly exact: boolean }> {
  let count = 0;
  for await (const event of wantedEvents(deps.table, { ...query, nowMs: deps.now() })) {
    if (deps.now() > deadlineMs) return { count, exact: false };
    if (event.missed && !(withoutHeld && event.held)) count += 1;
  }
  return { count, exact: true };
}

async function drain(deps: ReplayDeps, task: ReplayTask): Promise<ReplayResult> {
  const command = await getCommand(deps.table, task.workspace_id, task.command_id);
  if (command?.command !== 'drain') return next(task, 'done');
  const { endpoint_id: endpointId, opened_at: openedAt } = command;
  const endpoint = await getEndpoint(deps.table, task.workspace_id, endpointId);
  // What is held stays held: a later resume drains it, or `recover` does.
  if (endpoint?.status !== 'active') return next(task, 'done');
  const { breaker_opened_at: breaker } = endpoint;
  // Opened again, or by now for the first time: that opening has a drain of its own.
  if (breaker !== undefined && breaker !== openedAt) return next(task, 'done');

  const { items } = await listEndpointDeliveries(deps.table, {
    workspaceId: task.workspace_id,
    endpointId,
    status: 'held',
    limit: breaker === undefined ? DELIVERIES_PER_STEP : 1,
    ascending: true,
  });
  if (items.length === 0) {
    // Nothing to probe with: the next event is the probe.
    if (breaker !== undefined) await closeBreaker(deps.table, endpoint);
    // Whoever read the endpoint before may be holding one just now, and the index may not show it yet: look once more.
    if (task.empty !== true) return { ...next(task, 'continue', LAST_LOOK_SECONDS), empty: true };
    await endDrain(deps.table, endpoint, command.id);
    return next(task, 'done');
  }
  // Each probe is a run of its own: one that ended without an answer must not keep its delivery from being tried again.
  const run = `${command.id}-${breaker === undefined ? 'drain' : task.probes}`;
  // One that could not be started stays held, and is among the next.
  await startAll(
    deps,
    items.map((delivery) =>
      createTask({ ...delivery, timestamp: delivery.event_timestamp }, endpointId, {
        id: run,
        trigger: 'auto',
        attempts: delivery.attempt_count,
      }),
    ),
  );
  return breaker === undefined
    ? next(task, 'continue', STEP_SECONDS)
    : next(task, 'continue', probeDelaySeconds(task.probes + 1), task.probes + 1);
}
