import type { DeliveryGroup, DeliveryTask, GroupResult } from '../core/deliveries.ts';
import { InternalError } from '../core/errors.ts';
import type { Endpoint } from '../core/endpoints.ts';
import type { StoredEvent } from '../core/deliverable-events.ts';
import { deliveryId } from '../core/ids.ts';
import { retryDelaySeconds } from '../core/retry-schedule.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { scaledSeconds } from '../core/wait-scale.ts';
import { putCommand } from '../store/commands.ts';
import { eventKeyPartsOf } from '../store/deliveries.ts';
import { CLAIMS_PER_BATCH, insertClaims } from '../store/delivery-claims.ts';
import { releaseSlot, takeSlot } from '../store/endpoint-slots.ts';
import { reserveTurn } from '../store/endpoint-turns.ts';
import { getEndpoint } from '../store/endpoints.ts';
import { getEvents } from '../store/events.ts';
import { FIRST_ATTEMPTS_PER_BATCH, insertFirstAttempts } from '../store/first-attempts.ts';
import { KEYS_PER_BATCH } from '../store/get-rows.ts';
import { HOLDS_PER_BATCH, holdDeliveries } from '../store/hold-deliveries.ts';
import { attemptTask, type DeliverDeps, type GroupContext, type TaskReport } from './attempt.ts';
import { EndpointTracker } from './endpoint-tracker.ts';
import { groupName } from './groups.ts';
import { Lanes } from './lanes.ts';
import type { AttemptResult } from './send.ts';

/** Requests in flight for one group. A receiver gets at most this many at once from one execution. */
const IN_FLIGHT = 20;
/** Requests without a response in a row, after which a group stops sending. Each more would cost up to 15 s. */
const UNREACHABLE_LIMIT = 5;
/** A request can take 15 s, and its record some seconds. With less time left, nothing is sent. */
const LAST_SEND_MS = 20_000;
/** The group waits for the tasks that are due up to this time after the first one, so that each of them does not wake the group. */
const SAME_WAKE_SECONDS = 5;
/** A Standard execution can have at most 25,000 history entries. A wake adds ten, and the retries of a day at most 420. */
const WAKES_PER_EXECUTION = 1_600;
/** The delays after internal errors are 5, 10, 20, … at most 600 s. After a day, the delivery ends with an `internal` attempt. */
const FIRST_INTERNAL_SECONDS = 5;
const LONGEST_INTERNAL_SECONDS = 600;
const DAY_MS = 24 * 3_600_000;
/**
 * A receiver that hangs occupies an invocation for 15 s at each wake of each group. Its groups therefore take turns: one starts
 * every 5 s, so three invocations wait for it at a time. No group waits longer than 5 minutes.
 */
const TURN_SPACING_MS = 5_000;
const LONGEST_TURN_MS = 300_000;
/** A group whose endpoint has no free slot waits 1, 2, 4, 8 s, and then 15 s, which is the deadline of a request. */
const FIRST_SLOT_WAIT_SECONDS = 1;
const LONGEST_SLOT_WAIT_SECONDS = 15;

/** One invocation of the deliver function for a group. */
export interface GroupInvocation {
  readonly group: DeliveryGroup;
  /** Events that travel with the group. The others are read. */
  readonly events: readonly StoredEvent[];
  /** ARN of the calling execution. */
  readonly execution: string;
  /** Records one `internal` attempt for each task, and sends nothing. */
  readonly abandon: boolean;
  /** Epoch milliseconds at which Lambda ends the invocation. */
  readonly deadlineMs: number;
}

/** The report of one task. `internalError` prevented its attempt, and the task is tried again. */
export interface GroupTaskReport extends TaskReport {
  readonly internalError?: unknown;
}

export interface GroupReport {
  readonly result: GroupResult;
  /** The tasks that were due. */
  readonly tasks: readonly GroupTaskReport[];
}

/**
 * Attempts the deliveries of a group that are due. Nothing is thrown for a single task: its internal error is its own result, with
 * its own count. Throws an internal error only if it met every task of the group before a claim, so that the state machine can repeat
 * the invocation. Tasks that are due later must not wait for these repetitions.
 */
export async function deliverGroup(deps: DeliverDeps, invocation: GroupInvocation): Promise<GroupReport> {
  const { group, abandon } = invocation;
  const startMs = deps.now();
  if (group.wakes >= WAKES_PER_EXECUTION && !abandon) return continueInNewExecution(deps, group);
  const remaining = remainingTasks(group);
  const due = remaining.filter((task) => task.delay_seconds === 0);
  const later = remaining.filter((task) => task.delay_seconds > 0);
  const endpoint =
    due.length === 0 ? undefined : await getEndpoint(deps.table, group.workspace_id, group.endpoint_id);
  // A record sends nothing, so it needs no turn and no slot. If it waited, its lease would end, and a second execution would send.
  const records = await attemptAll(deps, { invocation, tasks: due.filter(isUnrecorded), endpoint });
  const unsent = due.filter((task) => !isUnrecorded(task));
  const waitUntil = (dueMs: number): readonly WaitingTask[] => [
    ...[...unsent, ...later].map((task) => waitingTask(task, startMs, dueMs)),
    ...retriesOf(records.tasks, startMs),
  ];
  const needsTurn = endpoint && unsent.length > 0 && !abandon;
  const turnMs = needsTurn ? await turnOf(deps, group, endpoint) : undefined;
  if (turnMs !== undefined && turnMs > deps.now())
    return {
      tasks: records.tasks,
      result: resultOf({ ...group, turn: 'taken' }, waitUntil(turnMs), deps.now()),
    };
  const attempted = await inSlot(deps, invocation, unsent.length > 0 ? endpoint : undefined, () =>
    attemptAll(deps, { invocation, tasks: unsent, endpoint }),
  );
  if (!attempted)
    return {
      tasks: records.tasks,
      result: resultOf(group, waitUntil(deps.now() + slotWaitMs(deps, group)), deps.now()),
    };
  const { isBegun } = attempted;
  const tasks = [...records.tasks, ...attempted.tasks];
  const [first] = tasks;
  if (
    first &&
    !isBegun &&
    later.length === 0 &&
    tasks.every(({ internalError }) => internalError !== undefined)
  )
    throw first.internalError;
  const waiting = [...later.map((task) => waitingTask(task, startMs)), ...retriesOf(tasks, startMs)];
  const { turn: before, ...next } = group;
  const hangs = tasks.some(
    ({ attempt }) => attempt?.error_class === 'timeout' && attempt.status_code === undefined,
  );
  // If nothing was due to be sent, the group still needs or has its turn.
  const turn = (unsent.length === 0 ? before : undefined) ?? (hangs ? 'needed' : undefined);
  return { tasks, result: resultOf(turn ? { ...next, turn } : next, waiting, deps.now()) };
}

/** Whether the request of the task was sent and only its record is missing. */
function isUnrecorded({ unrecorded }: DeliveryTask): boolean {
  return unrecorded !== undefined;
}

/** A task that waits until `untilMs`, or longer if it is due later. A missing record waits only until it is due. */
function waitingTask(task: DeliveryTask, startMs: number, untilMs = startMs): WaitingTask {
  const dueMs = startMs + task.delay_seconds * 1000;
  return { task, dueMs: isUnrecorded(task) ? dueMs : Math.max(dueMs, untilMs) };
}

function retriesOf(reports: readonly GroupTaskReport[], startMs: number): readonly WaitingTask[] {
  return reports
    .filter(({ outcome }) => outcome === 'retry')
    .map(({ task, dueMs = startMs }) => ({ task, dueMs }));
}

/**
 * The tasks with the delays that are left. `delay_seconds` of the group is the time that has passed since the group was returned. A
 * task that cannot be read is due, so that its error is reported.
 */
function remainingTasks(group: DeliveryGroup): readonly DeliveryTask[] {
  return group.tasks.map((task) => {
    const seconds = task?.delay_seconds - group.delay_seconds;
    return { ...task, delay_seconds: Number.isSafeInteger(seconds) ? Math.max(0, seconds) : 0 };
  });
}

/** The time of the group's turn at an endpoint that hangs, in epoch milliseconds. Undefined if the group need not wait. */
async function turnOf(
  { table, now, random }: DeliverDeps,
  { turn }: DeliveryGroup,
  endpoint: Endpoint,
): Promise<number | undefined> {
  if (turn !== 'needed' || endpoint.breaker_opened_at === undefined) return undefined;
  const nowMs = now();
  const turnMs = await reserveTurn(table, endpoint, { nowMs, spacingMs: TURN_SPACING_MS });
  return turnMs <= nowMs + LONGEST_TURN_MS ? turnMs : nowMs + Math.round(random() * LONGEST_TURN_MS);
}

/**
 * Makes the attempts while the group has a slot of the endpoint. Returns undefined if other groups have all slots. Without a limit of
 * groups, no slot is needed.
 */
async function inSlot<T>(
  { table, now, groupsPerEndpoint }: DeliverDeps,
  { abandon, deadlineMs }: GroupInvocation,
  endpoint: Endpoint | undefined,
  attempt: () => Promise<T>,
): Promise<T | undefined> {
  if (groupsPerEndpoint === undefined || !endpoint || abandon) return attempt();
  const limits = { slots: groupsPerEndpoint, nowMs: now(), untilMs: deadlineMs };
  const slot = await takeSlot(table, endpoint, limits);
  if (!slot) return undefined;
  try {
    return await attempt();
  } finally {
    // Requests were sent, so nothing may throw. A slot that is not given back ends with the deadline of the invocation.
    await releaseSlot(table, endpoint, slot).catch(() => {});
  }
}

/** The jitter prevents the waiting groups of an endpoint from coming back at the same moment. */
function slotWaitMs({ random }: DeliverDeps, { wakes }: DeliveryGroup): number {
  const seconds = Math.min(FIRST_SLOT_WAIT_SECONDS * 2 ** wakes, LONGEST_SLOT_WAIT_SECONDS);
  return seconds * (0.5 + random()) * 1000;
}

/**
 * Stores a `retry` command. Dispatch reads it from the stream and starts Deliver, which attempts the tasks that are due and starts a
 * new execution of Redeliver for the rest.
 */
async function continueInNewExecution(deps: DeliverDeps, group: DeliveryGroup): Promise<GroupReport> {
  const tasks = remainingTasks(group);
  const executionName = groupName([group.execution_name]);
  await putCommand(
    deps.table,
    {
      command: 'retry',
      id: executionName,
      workspace_id: group.workspace_id,
      group: { ...group, tasks, execution_name: executionName, delay_seconds: 0, wakes: 0 },
    },
    formatTimestamp(deps.now()),
  );
  return { tasks: [], result: { ...group, tasks: [], delay_seconds: 0, outcome: 'done' } };
}

interface WaitingTask {
  readonly task: DeliveryTask;
  /** Epoch milliseconds. */
  readonly dueMs: number;
}

function resultOf(group: DeliveryGroup, waiting: readonly WaitingTask[], nowMs: number): GroupResult {
  const tasks = waiting.map(({ task, dueMs }) => ({
    ...task,
    delay_seconds: Math.max(1, Math.ceil((dueMs - nowMs) / 1000)),
  }));
  return {
    ...group,
    execution_name: nextExecutionName(group, tasks),
    tasks,
    delay_seconds: wakeDelaySeconds(tasks),
    wakes: group.wakes + 1,
    outcome: tasks.length === 0 ? 'done' : 'retry',
  };
}

/** No task is attempted before its time, because the receiver may have set the time by `Retry-After`. */
function wakeDelaySeconds(tasks: readonly DeliveryTask[]): number {
  const delays = tasks.map((task) => task.delay_seconds);
  const first = Math.min(...delays);
  return Math.max(0, ...delays.filter((delay) => delay <= first + SAME_WAKE_SECONDS));
}

/**
 * Deliver (Express) can run twice for one group. Both executions then start Redeliver under the same name, and Step Functions
 * starts only the first one. Only the input of this execution contains its unrecorded attempts, so its Redeliver must start. The
 * unrecorded attempts therefore give that Redeliver a different name.
 */
function nextExecutionName(group: DeliveryGroup, tasks: readonly DeliveryTask[]): string {
  const name = group.execution_name;
  const unrecorded = tasks.filter((task) => task.unrecorded !== undefined);
  if (unrecorded.length === 0 || name.endsWith('-record')) return name;
  if (group.tasks.length === 1) return `${name}-record`;
  const ids = unrecorded.map((task) => deliveryId(task.event_id, task.endpoint_id));
  return `${groupName([name, ...ids.toSorted()])}-record`;
}

/** Attempts tasks in lanes, each lane one task at a time. */
async function attemptAll(
  deps: DeliverDeps,
  {
    invocation,
    tasks,
    endpoint,
  }: {
    readonly invocation: GroupInvocation;
    readonly tasks: readonly DeliveryTask[];
    /** Undefined if it was deleted. */
    readonly endpoint: Endpoint | undefined;
  },
): Promise<{
  readonly tasks: readonly GroupTaskReport[];
  /** Whether an attempt was claimed. */
  readonly isBegun: boolean;
}> {
  if (tasks.length === 0) return { tasks: [], isBegun: false };
  const { group, abandon } = invocation;
  const lanes = new Lanes();
  let isBegun = false;
  const context: GroupContext = {
    deps,
    execution: invocation.execution,
    ...(endpoint && { tracker: new EndpointTracker(deps, endpoint) }),
    shared: sharedCalls(deps, lanes, invocation.events),
    drawRetry: retryDraws(deps),
    onClaimed: () => (isBegun = true),
    ...sendLimits(deps, invocation.deadlineMs),
  };
  const reports: GroupTaskReport[] = [];
  const queue = tasks.values();
  await lanes.run(Math.min(IN_FLIGHT, tasks.length), async () => {
    for (const task of queue) {
      try {
        requireMember(group, task);
        reports.push(await attemptTask(context, task, abandon || isTooLate(task, deps.now())));
      } catch (error) {
        reports.push(stepAfterInternalError(deps, task, error));
      }
    }
  });
  return { tasks: reports, isBegun };
}

/** A task of another endpoint would send the email of one workspace to another. */
function requireMember(group: DeliveryGroup, task: DeliveryTask): void {
  if (task.workspace_id !== group.workspace_id || task.endpoint_id !== group.endpoint_id)
    throw new InternalError('The task belongs to another endpoint than its group');
}

function eventIdentity(event: Pick<DeliveryTask, 'workspace_id' | 'message_id' | 'event_id'>): string {
  return JSON.stringify([event.workspace_id, event.message_id, event.event_id]);
}

function sharedCalls(
  { table, now }: DeliverDeps,
  lanes: Lanes,
  events: readonly StoredEvent[],
): GroupContext['shared'] {
  const inline = new Map(events.map((stored) => [eventIdentity(stored.event), stored]));
  const readEvent = lanes.share(KEYS_PER_BATCH, (tasks: readonly DeliveryTask[]) =>
    getEvents(table, tasks.map(eventKeyPartsOf)),
  );
  return {
    readEvent: async (task) => inline.get(eventIdentity(task)) ?? readEvent(task),
    hold: lanes.share(HOLDS_PER_BATCH, async (held) => {
      const stored = await holdDeliveries(table, held, now());
      return held.map(({ task }) => ({ status: 'fulfilled', value: stored.has(task) }));
    }),
    insertClaim: lanes.share(CLAIMS_PER_BATCH, (claims) => insertClaims(table, claims)),
    insertFirstAttempt: lanes.share(FIRST_ATTEMPTS_PER_BATCH, (attempts) =>
      insertFirstAttempts(table, attempts),
    ),
  };
}

/** Draws once for each attempt number. Attempts that end within 5 s of the draw share it, and so their due time. */
function retryDraws({ now, random }: DeliverDeps): GroupContext['drawRetry'] {
  const draws = new Map<number, { readonly nowMs: number; readonly random: number }>();
  return ({ run_attempt: runAttempt }) => {
    const nowMs = now();
    const drawn = draws.get(runAttempt);
    if (drawn && nowMs - drawn.nowMs <= SAME_WAKE_SECONDS * 1000) return drawn;
    const draw = { nowMs, random: drawn?.random ?? random() };
    draws.set(runAttempt, draw);
    return draw;
  };
}

/** Whether a request got no response at all. The next request would then probably get none either. */
function isUnreachable({ status_code: statusCode, error_class: errorClass }: AttemptResult): boolean {
  return statusCode === undefined && errorClass !== undefined && errorClass !== 'blocked_address';
}

/** Stops the sending of a group whose receiver cannot be reached, or whose time is nearly over. */
function sendLimits(
  { now, random, retry }: DeliverDeps,
  deadlineMs: number,
): Pick<GroupContext, 'postponedUntil' | 'onSent'> {
  let unreachable = 0;
  let stoppedUntilMs: number | undefined;
  return {
    onSent(result) {
      unreachable = isUnreachable(result) ? unreachable + 1 : 0;
    },
    postponedUntil() {
      if (unreachable >= UNREACHABLE_LIMIT) {
        stoppedUntilMs ??=
          now() + 1000 * retryDelaySeconds({ attempt: 1, options: retry, random: random(), nowMs: now() });
        return stoppedUntilMs;
      }
      return deadlineMs - now() < LAST_SEND_MS ? now() : undefined;
    },
  };
}

function isTooLate({ internal_errors: errors }: DeliveryTask, nowMs: number): boolean {
  return errors !== undefined && Date.parse(errors.since) + DAY_MS <= nowMs;
}

/**
 * The task is tried again, with the same attempt number. After two days, even the record that abandons it has failed for a day. The
 * task then ends. Its delivery is overdue, so a recovery finds it.
 */
function stepAfterInternalError(deps: DeliverDeps, task: DeliveryTask, error: unknown): GroupTaskReport {
  const nowMs = deps.now();
  const { count = 0, since = formatTimestamp(nowMs) } = task.internal_errors ?? {};
  if (Date.parse(since) + 2 * DAY_MS <= nowMs)
    return { outcome: 'exhausted', task, endpointTransition: 'none', internalError: error };
  const seconds = Math.min(FIRST_INTERNAL_SECONDS * 2 ** Math.min(count, 10), LONGEST_INTERNAL_SECONDS);
  return {
    outcome: 'retry',
    task: { ...task, internal_errors: { count: count + 1, since } },
    dueMs: nowMs + scaledSeconds(seconds, deps.waitScale) * 1000,
    endpointTransition: 'none',
    internalError: error,
  };
}
