/** The input from the state machines: a group or a task of this version or another one, or one that an operator redrove. */
import type { ReplayTask } from '../../../lambdas/core/commands.ts';
import { OUTCOMES, type DeliverInput, type SingleDeliverInput } from '../../../lambdas/core/deliveries.ts';
import { deterministicId } from '../../../lambdas/core/ids.ts';
import type { DeliverDeps } from '../../../lambdas/delivery/attempt.ts';
import { createGroups, createMember, type GroupStart } from '../../../lambdas/delivery/groups.ts';
import { runReplayStep } from '../../../lambdas/delivery/recover.ts';
import type { AttemptResult, WebhookRequest } from '../../../lambdas/delivery/send.ts';
import { putRecovery } from '../../../lambdas/store/commands.ts';
import { eventRows } from '../../../lambdas/store/event-rows.ts';
import { putRows } from '../../../lambdas/store/put-rows.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../../sim/builders/events.ts';
import { runDeliver } from '../../../sim/deliver-function.ts';
import { putEndpoint } from '../../../sim/builders/rows.ts';
import { simulatedTable } from '../../../sim/table.ts';
import type { Dice } from '../../../sim/random.ts';
import { damageValue } from './damage.ts';
import { toError, assertThat, expectUnchanged, type Parser, type ParseResult } from './parser.ts';

const AT = '2026-02-25T12:00:10Z';
const NOW_MS = Date.parse(AT);
const EVENT = anEvent();
const ENDPOINT = anEndpoint();
const OTHER_EVENT = anEvent({ to: 'other@example.com' });
const ROWS = eventRows([EVENT, OTHER_EVENT], { retentionDays: 90, receivedAtMs: NOW_MS });
const RECOVERY_ID = deterministicId('rcv', ['a']);

const OK: AttemptResult = { started_at: AT, duration_ms: 12, status_code: 200 };
const FAILED: AttemptResult = { ...OK, status_code: 503, error_class: 'http_status', retry_after: '600' };

async function createTable() {
  const table = simulatedTable();
  await Promise.all([
    putRows(table, ROWS),
    putEndpoint(table, ENDPOINT),
    putRecovery(table, {
      id: RECOVERY_ID,
      workspace_id: WORKSPACE_ID,
      endpoint_id: ENDPOINT.id,
      since: '2026-02-25T11:00:00Z',
      until: AT,
      status: 'running',
      count: 1,
      started: 0,
      created_at: AT,
    }),
  ]);
  return table;
}

/** Converts the input to JSON and back, because a Lambda function gets JSON. */
function throughJson<T>(input: T): T {
  return JSON.parse(JSON.stringify(input)) as T;
}

interface Attempted {
  /** The ids of the events that were sent, in order. */
  readonly sent: readonly string[];
  readonly result: Awaited<ReturnType<typeof runDeliver>> | Error;
}

/** Asserts that no request was sent twice or to another endpoint, and no request at all if the function throws. */
async function attempt(
  input: DeliverInput | SingleDeliverInput,
  attemptResult: AttemptResult,
): Promise<Attempted> {
  const requests: WebhookRequest[] = [];
  const deps: DeliverDeps = {
    table: await createTable(),
    secrets: { open: (_endpoint, { version }) => Promise.resolve(Buffer.alloc(24, version)) },
    send: (request) => {
      requests.push(request);
      return Promise.resolve(attemptResult);
    },
    retry: { firstDelaySeconds: 60, factor: 5, count: 3 },
    now: () => NOW_MS,
    random: () => 0.5,
    randomBytes: (size) => Buffer.alloc(size, 7),
    onUnrecorded: () => {},
  };
  const result = await expectUnchanged(input, (value) =>
    runDeliver(deps, value, NOW_MS + 45_000).catch(toError),
  );
  const sent = requests.map(({ headers }) => String(headers['webhook-id']));
  assertThat(new Set(sent).size === sent.length, 'An event was sent twice');
  assertThat(
    requests.every(({ url }) => url === ENDPOINT.url),
    'Another endpoint got a request',
  );
  assertThat(
    sent.every((id) => [EVENT.event_id, OTHER_EVENT.event_id].includes(id)),
    'An event was sent that is not stored',
  );
  if (result instanceof Error) {
    assertThat(
      sent.length === 0,
      `A request was sent, and the state machine will repeat it: ${String(result.stack)}`,
    );
    return { sent, result };
  }
  const outcomes: readonly string[] = 'tasks' in result ? ['retry', 'done'] : OUTCOMES;
  assertThat(outcomes.includes(result.outcome), 'The state machine does not know this outcome');
  assertThat(Number.isInteger(result.delay_seconds), 'The state machine cannot wait for this delay');
  return { sent, result };
}

async function attemptOne(input: SingleDeliverInput, attemptResult: AttemptResult): Promise<ParseResult> {
  const { sent } = await attempt(input, attemptResult);
  assertThat(sent.length <= 1, 'One task sent two events');
  return sent.length === 1 ? 'accepted' : 'refused';
}

async function attemptGroup(input: DeliverInput, attemptResult: AttemptResult): Promise<ParseResult> {
  const { sent } = await attempt(input, attemptResult);
  return sent.length === 2 ? 'accepted' : 'refused';
}

/** Damages one task of a group, and asserts that the other one is delivered. */
async function attemptBesideDamaged(dice: Dice): Promise<ParseResult> {
  const { group, ...rest } = GROUP;
  const [task, other] = group.tasks;
  const damaged = damageValue({ task }, dice).task;
  const tasks = dice.chance(0.5) ? [damaged, other] : [other, damaged];
  const input = throughJson({ ...rest, group: { ...group, tasks }, execution: 'one' });
  const { sent, result } = await attempt(input as DeliverInput, OK);
  assertThat(
    sent.includes(OTHER_EVENT.event_id),
    `A damaged task prevented the delivery of another one: ${String((result as Error).stack)}`,
  );
  return sent.length === 2 ? 'accepted' : 'refused';
}

const TASK = aTask(EVENT, ENDPOINT);
const RECOVERED = { run: 'rcv_a', trigger: 'recover', attempt: 3, run_attempt: 2 } as const;
const [GROUP] = createGroups([
  createMember(TASK, { event: EVENT, ttl: Math.floor(NOW_MS / 1000) + 3_600 }),
  // An event that is too large for the input is read.
  createMember(aTask(OTHER_EVENT, ENDPOINT)),
]) as [GroupStart];
const GROUP_INPUTS: readonly DeliverInput[] = [
  { ...GROUP, execution: 'one' },
  {
    group: {
      ...GROUP.group,
      delay_seconds: 60,
      wakes: 3,
      tasks: GROUP.group.tasks.map((task) => ({ ...task, ...RECOVERED, delay_seconds: 60 })),
    },
    execution: 'two',
  },
];
/** What the state machines of version 0.1.0 pass. */
const SINGLE_INPUTS: readonly SingleDeliverInput[] = [
  { task: { ...TASK, execution_name: 'a' }, execution: 'one' },
  { task: { ...TASK, ...RECOVERED, execution_name: 'b', delay_seconds: 60 }, execution: 'two' },
];

const REPLAY_TASK: ReplayTask = {
  workspace_id: WORKSPACE_ID,
  command_id: RECOVERY_ID,
  command: 'recover',
  execution_name: RECOVERY_ID,
  delay_seconds: 0,
  steps: 0,
  probes: 0,
};

/** Asserts that the step starts the deliveries of the stored command, or nothing. */
async function step(task: ReplayTask): Promise<ParseResult> {
  const groups: GroupStart[] = [];
  const deps = {
    table: await createTable(),
    now: () => NOW_MS,
    startGroup: (group: GroupStart) => {
      groups.push(group);
      return Promise.resolve();
    },
  };
  const result = await expectUnchanged(task, (value) => runReplayStep(deps, value).catch(toError));
  const started = groups.flatMap(({ group }) => group.tasks);
  assertThat([0, 2].includes(started.length), 'Not exactly the two missed deliveries were started');
  for (const { event_id: eventId, endpoint_id: endpointId, run } of started)
    assertThat(
      [EVENT.event_id, OTHER_EVENT.event_id].includes(eventId) &&
        endpointId === ENDPOINT.id &&
        run === RECOVERY_ID,
      'Another delivery was started',
    );
  if (result instanceof Error) return 'refused';
  assertThat(['continue', 'done'].includes(result.outcome), 'The state machine does not know this outcome');
  assertThat(Number.isInteger(result.delay_seconds), 'The state machine cannot wait for this delay');
  return started.length === 2 ? 'accepted' : 'refused';
}

export const TASKS: readonly Parser[] = [
  {
    name: 'task of deliver, of version 0.1.0',
    share: 0.3,
    validInputs: SINGLE_INPUTS.flatMap((input) => [
      () => attemptOne(input, OK),
      () => attemptOne(input, FAILED),
    ]),
    try: (dice: Dice) =>
      attemptOne(throughJson(damageValue(dice.pick(SINGLE_INPUTS), dice)), dice.pick([OK, FAILED])),
  },
  {
    name: 'group of deliver',
    share: 0.3,
    validInputs: GROUP_INPUTS.flatMap((input) => [
      () => attemptGroup(input, OK),
      () => attemptGroup(input, FAILED),
    ]),
    try: (dice: Dice) =>
      attemptGroup(throughJson(damageValue(dice.pick(GROUP_INPUTS), dice)), dice.pick([OK, FAILED])),
  },
  {
    name: 'group of deliver with one damaged task',
    share: 0.3,
    try: attemptBesideDamaged,
  },
  {
    name: 'task of recover',
    validInputs: [() => step(REPLAY_TASK)],
    try: (dice: Dice) => step(throughJson(damageValue(REPLAY_TASK, dice))),
  },
];
