/** The input from the state machines: a task of this version or another one, or a task that an operator redrove. */
import type { ReplayTask } from '../../../lambdas/core/commands.ts';
import { OUTCOMES, type DeliverInput, type DeliveryTask } from '../../../lambdas/core/deliveries.ts';
import { deterministicId } from '../../../lambdas/core/ids.ts';
import { deliver, type DeliverDeps } from '../../../lambdas/delivery/deliver.ts';
import { runReplayStep } from '../../../lambdas/delivery/recover.ts';
import type { AttemptResult, WebhookRequest } from '../../../lambdas/delivery/send.ts';
import { putRecovery } from '../../../lambdas/store/commands.ts';
import { eventRows } from '../../../lambdas/store/event-rows.ts';
import { putRows } from '../../../lambdas/store/put-rows.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../../sim/builders/events.ts';
import { putEndpoint } from '../../../sim/builders/rows.ts';
import { simulatedTable } from '../../../sim/table.ts';
import type { Dice } from '../../../sim/random.ts';
import { damageValue } from './damage.ts';
import { toError, assertThat, expectUnchanged, type Parser, type ParseResult } from './parser.ts';

const AT = '2026-02-25T12:00:10Z';
const NOW_MS = Date.parse(AT);
const EVENT = anEvent();
const ENDPOINT = anEndpoint();
const ROWS = eventRows([EVENT], { retentionDays: 90, receivedAtMs: NOW_MS });
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

/** Asserts at most one request, for the stored event and to the stored endpoint, and no request if the function throws. */
async function attempt(input: DeliverInput, attemptResult: AttemptResult): Promise<ParseResult> {
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
  const report = await expectUnchanged(input, (value) => deliver(deps, value).catch(toError));
  assertThat(requests.length <= 1, 'One attempt made two requests');
  for (const { url, headers } of requests)
    assertThat(
      url === ENDPOINT.url && headers['webhook-id'] === EVENT.event_id,
      'Another endpoint got a request, or another event was sent',
    );
  if (report instanceof Error) {
    assertThat(
      requests.length === 0,
      `The request was sent, and the state machine will repeat it: ${String(report.stack)}`,
    );
    return 'refused';
  }
  assertThat(OUTCOMES.includes(report.result.outcome), 'The state machine does not know this outcome');
  assertThat(Number.isInteger(report.result.delay_seconds), 'The state machine cannot wait for this delay');
  return requests.length === 1 ? 'accepted' : 'refused';
}

const TASK = aTask(EVENT, ENDPOINT);
const INPUTS: readonly DeliverInput[] = [
  { task: TASK, execution: 'one' },
  { task: { ...TASK, run: 'rcv_a', trigger: 'recover', attempt: 3, run_attempt: 2 }, execution: 'two' },
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

/** Asserts that the step starts the delivery of the stored command, or nothing. */
async function step(task: ReplayTask): Promise<ParseResult> {
  const started: DeliveryTask[] = [];
  const deps = {
    table: await createTable(),
    now: () => NOW_MS,
    startDelivery: (delivery: DeliveryTask) => {
      started.push(delivery);
      return Promise.resolve();
    },
  };
  const result = await expectUnchanged(task, (value) => runReplayStep(deps, value).catch(toError));
  assertThat(started.length <= 1, 'More than the one missed delivery was started');
  for (const { event_id: eventId, endpoint_id: endpointId, run } of started)
    assertThat(
      eventId === EVENT.event_id && endpointId === ENDPOINT.id && run === RECOVERY_ID,
      'Another delivery was started',
    );
  if (result instanceof Error) return 'refused';
  assertThat(['continue', 'done'].includes(result.outcome), 'The state machine does not know this outcome');
  assertThat(Number.isInteger(result.delay_seconds), 'The state machine cannot wait for this delay');
  return started.length === 1 ? 'accepted' : 'refused';
}

export const TASKS: readonly Parser[] = [
  {
    name: 'task of deliver',
    share: 0.6,
    validInputs: INPUTS.flatMap((input) => [() => attempt(input, OK), () => attempt(input, FAILED)]),
    try: (dice: Dice) => attempt(throughJson(damageValue(dice.pick(INPUTS), dice)), dice.pick([OK, FAILED])),
  },
  {
    name: 'task of recover',
    validInputs: [() => step(REPLAY_TASK)],
    try: (dice: Dice) => step(throughJson(damageValue(REPLAY_TASK, dice))),
  },
];
