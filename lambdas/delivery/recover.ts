import type { ReplayResult, ReplayTask, Recovery } from '../core/commands.ts';
import type { DeliveryTask } from '../core/deliveries.ts';
import { probeDelaySeconds } from '../core/endpoint-health.ts';
import { endpointPast, type EndpointPast } from '../core/endpoint-past.ts';
import type { Endpoint } from '../core/endpoints.ts';
import { deterministicId } from '../core/ids.ts';
import { MISSED_KINDS, type MissedCounts, type MissedKind } from '../core/missed-kinds.ts';
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
import { closeBreaker, endDrain, setNextProbe } from '../store/endpoint-health.ts';
import { readHistorySince } from '../store/endpoint-history.ts';
import { getEndpoint } from '../store/endpoints.ts';
import { readWantedEvents, type WantedEvent } from '../store/missed-events.ts';
import type { Table } from '../store/table.ts';
import { createTask } from './dispatch.ts';
import { GROUP_TASKS, createGroups, createMember, type GroupStart } from './groups.ts';

/** One group of 100 deliveries in 4 s makes 25 a second, so that a replay does not overload a receiver that has just recovered. */
export const DELIVERIES_PER_STEP = GROUP_TASKS;
const STEP_SECONDS = 4;
/** The wait before a drain checks a second time that nothing is held. It is longer than the timeout of dispatch. */
const LAST_CHECK_SECONDS = 90;
/** Limits of one step. Without them, the function could time out after a minute and lose the progress of the step. */
const EVENTS_PER_STEP = 5_000;
const READ_MS = 20_000;

/** A Standard execution can have at most 25,000 history entries, and each step adds ten. */
const STEPS_PER_EXECUTION = 2_000;

export interface ReplayDeps {
  readonly table: Table;
  readonly startGroup: (group: GroupStart) => Promise<void>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Scales the waits between steps and between probes. 1 if absent. */
  readonly waitScale?: number;
}

/**
 * Runs one step of a recovery or of a drain. A step starts deliveries, or one delivery as a probe while the breaker is open.
 * The result contains the delay before the next step, or the outcome `done`.
 *
 * A step is safe to repeat. A repeated step can start a second execution of the same delivery, but the claim lets only one
 * of the two executions make the attempt.
 */
export async function runReplayStep(deps: ReplayDeps, task: ReplayTask): Promise<ReplayResult> {
  const step = await (task.command === 'recover' ? recover(deps, task) : drain(deps, task));
  const result = { ...step, delay_seconds: scaledSeconds(step.delay_seconds, deps.waitScale) };
  return result.outcome === 'continue' && result.steps >= STEPS_PER_EXECUTION
    ? continueInNewExecution(deps, result)
    : result;
}

/** Stores a `continue` command. Dispatch reads it from the stream and starts a new execution that continues the replay. */
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

function nextStep(
  task: ReplayTask,
  outcome: ReplayResult['outcome'],
  delaySeconds = 0,
  probes = task.probes,
): ReplayResult {
  return { ...task, outcome, delay_seconds: delaySeconds, steps: task.steps + 1, probes, empty: false };
}

async function recover(deps: ReplayDeps, task: ReplayTask): Promise<ReplayResult> {
  const stored = await getRecovery(deps.table, task.workspace_id, task.command_id);
  if (!stored || stored.recovery.status !== 'running') return nextStep(task, 'done');
  const { recovery } = stored;
  const endpoint = await getEndpoint(deps.table, recovery.workspace_id, recovery.endpoint_id);
  const completedAt = formatTimestamp(deps.now());
  if (endpoint?.status !== 'active') {
    await advanceRecovery(deps.table, stored, {
      started: recovery.started,
      status: 'cancelled',
      completedAt,
    });
    return nextStep(task, 'done');
  }
  // While the breaker is open, each step sends one delivery as a probe.
  const isBreakerOpen = endpoint.breaker_opened_at !== undefined;
  const step = await readStep(deps, stored, endpoint, isBreakerOpen ? 1 : DELIVERIES_PER_STEP);
  await startAll(
    deps,
    step.missed.map(({ address, attempts }) =>
      createTask(address, endpoint.id, { id: recovery.id, trigger: 'recover', attempts }),
    ),
  );
  const { ended } = step;
  await advanceRecovery(deps.table, stored, {
    ...(step.position !== undefined && { position: step.position }),
    started: recovery.started + step.missed.length,
    status: ended ? 'completed' : 'running',
    ...(ended && { completedAt }),
  });
  if (ended) return nextStep(task, 'done');
  return isBreakerOpen
    ? nextStep(task, 'continue', probeDelaySeconds(task.probes), task.probes + 1)
    : nextStep(task, 'continue', STEP_SECONDS, 0);
}

/** Starts the deliveries of a step, which is one group. Throws if it was not started, so that the machine retries the step. */
async function startAll(deps: ReplayDeps, tasks: readonly DeliveryTask[]): Promise<void> {
  for (const group of createGroups(tasks.map((task) => createMember(task)))) await deps.startGroup(group);
}

interface RecoveryStep {
  readonly missed: readonly WantedEvent[];
  /** Sort key of the last event that the step read. */
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
  const endMs = deps.now() + READ_MS;
  let position = after;
  let readCount = 0;
  const range = rangeOf(recovery, after);
  const past = await readPast(deps.table, endpoint, recovery.since);
  for await (const event of readWantedEvents(deps.table, { endpoint, past, nowMs: deps.now(), ...range })) {
    if (missed.length === limit || readCount === EVENTS_PER_STEP || (readCount > 0 && deps.now() > endMs))
      return { missed, ...(position !== undefined && { position }), ended: false };
    if (event.missed && (recovery.include ?? MISSED_KINDS).includes(event.missed)) missed.push(event);
    position = event.key;
    readCount += 1;
  }
  return { missed, ...(position !== undefined && { position }), ended: true };
}

function rangeOf(
  { since, until }: Recovery,
  after: string | undefined,
): { since: string; until: string; after?: string } {
  return { since, until, ...(after !== undefined && { after }) };
}

/** What an endpoint was since a time: when it was active, and which events its filter included. */
async function readPast(table: Table, endpoint: Endpoint, since: string): Promise<EndpointPast> {
  const address = { workspaceId: endpoint.workspace_id, endpointId: endpoint.id };
  return endpointPast(endpoint, await readHistorySince(table, address, since));
}

interface MissedCountQuery {
  readonly endpoint: Endpoint;
  readonly since: string;
  readonly until: string;
  /** The kinds of events that `count` includes. */
  readonly include: readonly MissedKind[];
}

export interface MissedCount {
  /** The number of events of the included kinds. */
  readonly count: number;
  /** The number of events of every kind. */
  readonly counts: MissedCounts;
  /** False if the count stopped at its deadline. There may be more events. */
  readonly exact: boolean;
}

/** Counts the events that an endpoint missed, by the reason. Stops at `deadlineMs`. */
export async function countMissed(
  deps: Pick<ReplayDeps, 'table' | 'now'>,
  { include, ...query }: MissedCountQuery,
  deadlineMs: number,
): Promise<MissedCount> {
  const counts = { failed: 0, held: 0, paused: 0, never_sent: 0, before_created: 0 };
  const result = (exact: boolean): MissedCount => ({
    count: include.reduce((sum, kind) => sum + counts[kind], 0),
    counts,
    exact,
  });
  const past = await readPast(deps.table, query.endpoint, query.since);
  for await (const event of readWantedEvents(deps.table, { ...query, past, nowMs: deps.now() })) {
    if (deps.now() > deadlineMs) return result(false);
    if (event.missed) counts[event.missed] += 1;
  }
  return result(true);
}

async function drain(deps: ReplayDeps, task: ReplayTask): Promise<ReplayResult> {
  const command = await getCommand(deps.table, task.workspace_id, task.command_id);
  if (command?.command !== 'drain') return nextStep(task, 'done');
  const { endpoint_id: endpointId, opened_at: openedAt } = command;
  const endpoint = await getEndpoint(deps.table, task.workspace_id, endpointId);
  // The endpoint is paused, disabled or deleted, so this drain ends. The held deliveries stay held. A resume stores a new
  // drain command, which delivers them.
  if (endpoint?.status !== 'active') return nextStep(task, 'done');
  const { breaker_opened_at: breakerOpenedAt } = endpoint;
  // The breaker has opened since this drain began. Each opening has its own drain.
  if (breakerOpenedAt !== undefined && breakerOpenedAt !== openedAt) return nextStep(task, 'done');
  // Before the first step, a success has closed the breaker. It stored a drain of its own, which delivers the held deliveries.
  const isReplaced =
    openedAt !== undefined && task.steps === 0 && task.probes === 0 && endpoint.draining !== undefined;
  if (breakerOpenedAt === undefined && isReplaced) return nextStep(task, 'done');

  const { items } = await listEndpointDeliveries(deps.table, {
    workspaceId: task.workspace_id,
    endpointId,
    status: 'held',
    limit: breakerOpenedAt === undefined ? DELIVERIES_PER_STEP : 1,
    ascending: true,
  });
  if (items.length === 0) {
    // There is no held delivery to send as a probe, so the breaker closes. Every new event is then sent. The streak stays, so
    // the next failure opens the breaker again.
    if (breakerOpenedAt !== undefined) await closeBreaker(deps.table, endpoint);
    // A dispatch that read the endpoint earlier may still store a held delivery. Also, the index is eventually consistent.
    // So the drain checks a second time.
    if (task.empty !== true) return { ...nextStep(task, 'continue', LAST_CHECK_SECONDS), empty: true };
    await endDrain(deps.table, endpoint, command.id);
    return nextStep(task, 'done');
  }
  // Each probe is a run of its own: its delivery is retried by its own schedule, while the drain sends the next probe. If all
  // probes shared one run, a delivery that a probe left `held` could not be sent again, because a run does not reopen a
  // delivery that it settled.
  const run = `${command.id}-${breakerOpenedAt === undefined ? 'drain' : task.probes}`;
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
  if (breakerOpenedAt === undefined) return nextStep(task, 'continue', STEP_SECONDS);
  const delaySeconds = probeDelaySeconds(task.probes + 1);
  await setNextProbe(deps.table, endpoint, probeTime(deps, delaySeconds));
  return nextStep(task, 'continue', delaySeconds, task.probes + 1);
}

function probeTime({ now, waitScale }: ReplayDeps, delaySeconds: number): string {
  return formatTimestamp(now() + scaledSeconds(delaySeconds, waitScale) * 1000);
}
