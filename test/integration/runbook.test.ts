/** Runs every command of the runbook against the deployed stack with the AWS CLI, curl and npx, and checks the output. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quarantineRow } from '../../lambdas/store/quarantine.ts';
import { SAMPLES } from '../../sim/ses/samples.ts';
import { commandsOf, firstCommands, sections, shell } from '../runbook/page.ts';
import { ensurePython } from '../venv.ts';
import {
  createHook,
  delivery,
  logsOf,
  newTenant,
  sendEmail,
  stack,
  table,
  type Hook,
  type Tenant,
} from './client.ts';

/** Part of every id that this test creates, so that the test finds only its own data. */
const RUN_ID = randomUUID();
const DEAD_LETTER_ID = `dead-${RUN_ID}`;
const QUARANTINED_ID = `unread-${RUN_ID}`;
const sendEvent = (id: string) => ({ ...SAMPLES.send, mail: { ...SAMPLES.send.mail, messageId: id } });

/**
 * The actions that the emulator does not have: the start of the command, and the error of the emulator. This error proves that the
 * command is correct up to the action itself.
 */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  'aws stepfunctions redrive-execution ': 'Unknown action: RedriveExecution',
  'aws service-quotas request-service-quota-increase ': 'calling the RequestServiceQuotaIncrease operation',
};

/** The home directory of the commands. It hides the settings of this machine and the `.local` folder of another run. */
const home = mkdtempSync(join(tmpdir(), 'ivymail-runbook-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/**
 * Shell functions that point the tools at the local stack. Version 1 of the AWS CLI ignores `AWS_ENDPOINT_URL` for SQS, so
 * `--endpoint-url` is set. `doctor` finds the local API only with `--local`. It exits with 4 if no check failed but one has a warning,
 * for example because of quarantined messages from other tests.
 */
const SHELL_TOOLS = `set -eo pipefail
aws() { "$PYTHON" -m awscli --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
curl() { command curl --silent --show-error --fail-with-body "$@"; }
`;

/** The program `npx` of the commands. It starts the program of this clone. */
const NPX = `#!/bin/bash
[ "$1" = ivymail-events ] || exit 1
shift
if [ "$1" != doctor ]; then exec "$TSX" "$CLI" "$@"; fi
cd "$HOME" && "$TSX" "$CLI" "$@" --local || [ $? -eq 4 ]
`;

const [baseAssignment = ''] = /^BASE=.*$/m.exec(shell) ?? [];

let python: string;
let tenant: Tenant;
let hook: Hook;
let messageId: string;
let deliveryId: string;

const execute = promisify(execFile);

/** Runs a script after the setup block of the runbook. Returns the output. Rejects with the output if a command fails. */
async function runScript(script: string): Promise<string> {
  const completeScript = `${SHELL_TOOLS}${shell.replace(baseAssignment, '')}
    BASE=${stack.base_url} KEY=${tenant.apiKey} IVYMAIL_API_KEY=${tenant.apiKey} ID=${hook.endpointId}
    DELIVERY_ID=${deliveryId} MESSAGE_ID=${messageId} EXECUTION_ARN=arn:aws:states:${stack.region}:000000000000:execution:a:b
    ${script}`;
  const { stdout } = await execute('bash', ['-c', completeScript], {
    env: {
      PATH: `${join(home, 'bin')}:${process.env['PATH']}`,
      HOME: home,
      PYTHON: python,
      TSX: resolve('node_modules/.bin/tsx'),
      CLI: resolve('bin/cli.ts'),
      AWS_ENDPOINT_URL: stack.aws_endpoint_url,
      AWS_ENDPOINT_URL_SESV2: stack.ses_endpoint_url,
      AWS_REGION: stack.region,
      AWS_DEFAULT_REGION: stack.region,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
  });
  return stdout;
}

/** Fills in the local address. A command that the emulator does not support must fail. */
function adaptCommand(line: string): string {
  const isUnsupported = Object.keys(UNSUPPORTED).some((start) => line.startsWith(start));
  const filled = line.replace('you@yourdomain.com', stack.from).replace('yourdomain.com', stack.from);
  return isUnsupported ? `if ${filled} 2>&1; then exit 1; fi` : filled;
}

/** Runs the commands in one shell and returns the output of each. */
async function outputsOf(lines: readonly string[]): Promise<readonly string[]> {
  const script = lines.map((line) => `${adaptCommand(line)}\nprintf '\\0'\n`).join('');
  const output = await runScript(script).catch(({ stdout, stderr }: { stdout: string; stderr: string }) => {
    throw new Error(`${lines[stdout.split('\0').length - 1]}\n${stdout}${stderr}`);
  });
  return output.split('\0').slice(0, -1);
}

/** Matches the log line that `beforeAll` writes for this function. The emulator ignores the filter pattern and returns every line. */
const logLine = (name: string): RegExp => new RegExp(`^\\{.*"Ivy${name}Logs[0-9A-F]{8} ${RUN_ID}"`, 'm');

beforeAll(async () => {
  [python, tenant] = await Promise.all([ensurePython('test/runbook'), newTenant('runbook')]);
  hook = await createHook(['delivered'], tenant.api);
  await hook.behave({ status: 410 });
  messageId = await sendEmail(tenant.api);
  ({ id: deliveryId } = (await delivery(hook, messageId, ['exhausted'])) as { id: string });
  for (const kind of ['bounce', 'complaint'])
    await logsOf(await sendEmail(tenant.api, { to: [`${kind}@simulator.amazonses.com`] }), 2, tenant.api);
  // The disabled endpoint misses this email.
  await logsOf(await sendEmail(tenant.api), 2, tenant.api);

  mkdirSync(join(home, '.local'));
  mkdirSync(join(home, 'bin'));
  writeFileSync(join(home, 'bin/npx'), NPX, { mode: 0o755 });
  writeFileSync(join(home, '.local/stack.json'), JSON.stringify(stack));
  await runScript(`aws cloudformation list-stack-resources --stack-name IvyMailEvents --output text \\
    --query "StackResourceSummaries[?ResourceType=='AWS::Logs::LogGroup'].[LogicalResourceId, PhysicalResourceId]" |
    while read -r id group; do
      aws logs create-log-stream --log-group-name "$group" --log-stream-name ${RUN_ID}
      aws logs put-log-events --log-group-name "$group" --log-stream-name ${RUN_ID} --log-events \\
        "timestamp=$(date +%s)000,message='{\\"level\\":\\"ERROR\\",\\"message\\":\\"$id ${RUN_ID}\\"}'"
    done`);
});
afterAll(() => hook.remove());

/** The test of one section of the runbook. */
interface SectionTest {
  readonly before?: () => Promise<unknown>;
  /** The expected output of each command, in order. */
  readonly outputs: () => readonly RegExp[];
  readonly after?: () => Promise<unknown>;
}

const ALARM = 'IvyMailEvents-QueueDelayed';
const setAlarm = (state: string) =>
  runScript(
    `aws cloudwatch set-alarm-state --alarm-name ${ALARM} --state-value ${state} --state-reason ${RUN_ID}`,
  );
const sendToQueue = (place: string, body: unknown) =>
  runScript(
    `aws sqs send-message --queue-url "$(field dead_letter_queues.${place})" --message-body '${JSON.stringify(body)}'`,
  );

const FIRST_COMMANDS = 'the first commands for every alarm';
const SECTION_TESTS: Readonly<Record<string, SectionTest>> = {
  [FIRST_COMMANDS]: {
    before: () => setAlarm('ALARM'),
    outputs: () => [new RegExp(`^${ALARM}\t${RUN_ID}$`, 'm'), /^\d+ ok, 0 failed/m],
    after: () => setAlarm('OK'),
  },
  'dead-letters': {
    async before() {
      await sendToQueue('SourceDeadLetters', sendEvent(DEAD_LETTER_ID));
      await sendToQueue('TallyDeadLetters', {});
    },
    outputs: () => [
      /^SourceDeadLetters +1$/m,
      new RegExp(`"${DEAD_LETTER_ID}"`),
      /^1 would be redriven$/m,
      /^1 of 1 redriven$/m,
      /^$/,
    ],
    async after() {
      await logsOf(DEAD_LETTER_ID, 1);
      expect(await runScript('npx ivymail-events redrive list')).toMatch(/^TallyDeadLetters +0$/m);
    },
  },
  'queue-delayed': {
    outputs: () => [/"ApproximateNumberOfMessagesNotVisible": "\d+"/, logLine('IngestFunction')],
  },
  'dispatch-delayed': { outputs: () => [logLine('DeliveryDispatch')] },
  'dispatch-stopped': { outputs: () => [/^Enabled\t/m, /"UUID"/, logLine('DeliveryDispatch')] },
  'tally-delayed': { outputs: () => [logLine('TallyFunction')] },
  uncounted: {
    outputs: () => [
      logLine('TallyFunction'),
      logLine('TallyFunction'),
      logLine('ApiFunction'),
      /"totals"/,
      /"state":"paused"/,
    ],
    after: () => runScript('curl -X POST "$BASE/v1/reputation/resume" -H "x-api-key: $KEY"'),
  },
  'function-errors': {
    outputs: () =>
      [
        'IngestFunction',
        'DeliveryDispatch',
        'DeliveryDeliver',
        'DeliveryRecover',
        'TallyFunction',
        'ApiFunction',
        'ApiAuthorizer',
      ].map(logLine),
  },
  'functions-throttled': {
    before: () =>
      runScript(`aws cloudwatch put-metric-data --namespace AWS/Lambda --metric-name Throttles --value 7 \\
        --dimensions "FunctionName=$(field functions.Api)"`),
    outputs: () => [
      /^\[\s*24,\s*0\s*\]/,
      // The local stack has few executions, so its functions can really have been throttled before. The api function was for sure.
      ...Array.from({ length: 5 }, () => /^(?:\d+\.0\n)*$/),
      /^(?:\d+\.0\n)+$/,
      /^(?:\d+\.0\n)*$/,
      new RegExp(UNSUPPORTED['aws service-quotas request-service-quota-increase '] ?? ''),
    ],
  },
  'failed-executions': {
    // A Redeliver execution fails only after a day of internal errors, so this stack has none.
    outputs: () => [
      /"executions": \[\]/,
      /"executions": \[\]/,
      new RegExp(UNSUPPORTED['aws stepfunctions redrive-execution '] ?? ''),
      logLine('DeliveryDeliverMachine'),
    ],
  },
  'endpoint-failing': { outputs: () => [new RegExp(`"${deliveryId}"`), /"status_code":410/] },
  'endpoint-disabled': {
    outputs: () => [
      new RegExp(`"${hook.endpointId}".*"disabled"`),
      /410 Gone/,
      /"status":"active"/,
      /"count":[1-9]/,
    ],
  },
  exhausted: {
    before: () => hook.behave({ status: 200 }),
    outputs: () => [new RegExp(`"${deliveryId}"`), /^\{/],
    after: () => delivery(hook, messageId, ['delivered']),
  },
  internal: { outputs: () => [logLine('DeliveryDeliver')] },
  quarantine: {
    // Quarantine a message that an older version could not parse and this version can.
    async before() {
      const row = quarantineRow(
        {
          messageId: QUARANTINED_ID,
          body: JSON.stringify(sendEvent(QUARANTINED_ID)),
          reason: 'bad_timestamp',
          detail: '',
        },
        { receivedAtMs: Date.now(), retentionDays: 1 },
      );
      await table.client.send(new PutCommand({ TableName: table.name, Item: row }));
    },
    outputs: () => [/^[1-9]\d* of \d+$/m, /^([1-9]\d*) of \1 redriven$/m],
    after: () => logsOf(QUARANTINED_ID, 1),
  },
  'unknown-workspace': {
    outputs: () => [new RegExp(`"${messageId}"`), /"ses:configuration-set"/, new RegExp(tenant.id)],
  },
  reputation: { outputs: () => [/"status":"bounced"/, /"status":"complained"/, /"HEALTHY",\s*true/] },
  'nothing-ingested': {
    outputs: () => [new RegExp(stack.topic_arn), /^\d+ ok, 0 failed/m, /sends with/],
    after: () => runScript(`npx ivymail-events detach ${stack.from}`),
  },
};

describe('the runbook', () => {
  it('reads the URL of the API from the description of the deployment', async () => {
    expect(await runScript(`${baseAssignment}\necho "$BASE"`)).toMatch(/^https:\/\/.*\/prod$/m);
  });

  it.each([
    [FIRST_COMMANDS, firstCommands] as const,
    ...[...sections].map(([name, text]) => [name, commandsOf(text)] as const),
  ])('has commands with the expected output: %s', async (name, lines) => {
    const test = SECTION_TESTS[name];
    if (test === undefined) throw new Error(`No expected output is defined for the section ${name}`);
    await test.before?.();
    const outputs = await outputsOf(lines);
    expect(outputs).toEqual(test.outputs().map((pattern) => expect.stringMatching(pattern)));
    await test.after?.();
  });
});
