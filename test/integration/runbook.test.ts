/** Every line of the runbook, run against the deployed stack by the AWS CLI, curl and npm; each shows what it is for. */
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
  sendMail,
  stack,
  table,
  type Hook,
  type Tenant,
} from './client.ts';

/** In everything that is made here. */
const MARK = randomUUID();
const DEAD = `dead-${MARK}`;
const UNREAD = `unread-${MARK}`;
const sent = (id: string) => ({ ...SAMPLES.send, mail: { ...SAMPLES.send.mail, messageId: id } });

/** What the emulator has not, by the start of a line, and what it answers: the line is right as far as there. */
const LACKING: Readonly<Record<string, string>> = {
  'aws stepfunctions redrive-execution ': 'Unknown action: RedriveExecution',
};

/** Its home: neither the settings of the machine nor another run's `.local` are seen. */
const home = mkdtempSync(join(tmpdir(), 'ivymail-runbook-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/**
 * Version 1 of the CLI asks SQS at an address of its own, whatever the environment says. Only --local knows the address of
 * the local API, from the description of this stack. Doctor ends with 4 where nothing has failed and something is to be
 * looked at: what other tests leave in quarantine.
 */
const TOOLS = `set -eo pipefail
aws() { "$PYTHON" -m awscli --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
curl() { command curl --silent --show-error --fail-with-body "$@"; }
npm() {
  if [ "$4" != doctor ]; then command npm "$@"; return; fi
  (cd "$HOME" && "$TSX" "$ADMIN" "\${@:4}" --local) || [ $? -eq 4 ]
}
`;

const [findBase = ''] = /^BASE=.*$/m.exec(shell) ?? [];

let python: string;
let tenant: Tenant;
let hook: Hook;
let messageId: string;
let deliveryId: string;

const run = promisify(execFile);

/** Rejects where a command fails, with what it says about it. */
async function bash(script: string): Promise<string> {
  const filled = `${TOOLS}${shell.replace(findBase, '')}
    BASE=${stack.base_url} KEY=${tenant.apiKey} IVYMAIL_API_KEY=${tenant.apiKey} ID=${hook.endpointId}
    DELIVERY_ID=${deliveryId} MESSAGE_ID=${messageId} EXECUTION_ARN=arn:aws:states:${stack.region}:000000000000:execution:a:b
    ${script}`;
  const { stdout } = await run('bash', ['-c', filled], {
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      PYTHON: python,
      TSX: resolve('node_modules/.bin/tsx'),
      ADMIN: resolve('bin/admin.ts'),
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

function runnable(line: string): string {
  const lacking = Object.keys(LACKING).some((start) => line.startsWith(start));
  const filled = line.replace('you@yourdomain.com', stack.from).replace('yourdomain.com', stack.from);
  return lacking ? `if ${filled} 2>&1; then exit 1; fi` : filled;
}

/** What each line of a section shows. */
async function shownBy(lines: readonly string[]): Promise<readonly string[]> {
  const script = lines.map((line) => `${runnable(line)}\nprintf '\\0'\n`).join('');
  const said = await bash(script).catch(({ stdout, stderr }: { stdout: string; stderr: string }) => {
    throw new Error(`${lines[stdout.split('\0').length - 1]}\n${stdout}${stderr}`);
  });
  return said.split('\0').slice(0, -1);
}

/** The line in a log that is looked for; the emulator takes every line for one. */
const logged = (name: string): RegExp => new RegExp(`^\\{.*"Ivy${name}Logs[0-9A-F]{8} ${MARK}"`, 'm');

beforeAll(async () => {
  [python, tenant] = await Promise.all([ensurePython('test/runbook'), newTenant('runbook')]);
  hook = await createHook(['delivered'], tenant.api);
  await hook.behave({ status: 410 });
  messageId = await sendMail(tenant.api);
  ({ id: deliveryId } = (await delivery(hook, messageId, ['exhausted'])) as { id: string });
  for (const kind of ['bounce', 'complaint'])
    await logsOf(await sendMail(tenant.api, { to: [`${kind}@simulator.amazonses.com`] }), 2, tenant.api);
  // What an endpoint that is disabled misses.
  await logsOf(await sendMail(tenant.api), 2, tenant.api);

  mkdirSync(join(home, '.local'));
  writeFileSync(join(home, '.local/stack.json'), JSON.stringify(stack));
  await bash(`aws cloudformation list-stack-resources --stack-name IvyMailEvents --output text \\
    --query "StackResourceSummaries[?ResourceType=='AWS::Logs::LogGroup'].[LogicalResourceId, PhysicalResourceId]" |
    while read -r id group; do
      aws logs create-log-stream --log-group-name "$group" --log-stream-name ${MARK}
      aws logs put-log-events --log-group-name "$group" --log-stream-name ${MARK} --log-events \\
        "timestamp=$(date +%s)000,message='{\\"level\\":\\"ERROR\\",\\"message\\":\\"$id ${MARK}\\"}'"
    done`);
});
afterAll(() => hook.remove());

interface Scene {
  readonly before?: () => Promise<unknown>;
  /** By each line, in their order. */
  readonly shows: () => readonly RegExp[];
  readonly after?: () => Promise<unknown>;
}

const ALARM = 'IvyMailEvents-QueueDelayed';
const setAlarm = (state: string) =>
  bash(`aws cloudwatch set-alarm-state --alarm-name ${ALARM} --state-value ${state} --state-reason ${MARK}`);
const put = (place: string, body: unknown) =>
  bash(
    `aws sqs send-message --queue-url "$(named SQS::Queue ${place})" --message-body '${JSON.stringify(body)}'`,
  );

const FIRST = 'whatever rings';
const SCENES: Readonly<Record<string, Scene>> = {
  [FIRST]: {
    before: () => setAlarm('ALARM'),
    shows: () => [new RegExp(`^${ALARM}\t${MARK}$`, 'm'), /^\d+ well, 0 failed/m],
    after: () => setAlarm('OK'),
  },
  'dead-letters': {
    async before() {
      await put('SourceDeadLetters', sent(DEAD));
      await put('TallyDeadLetters', {});
    },
    shows: () => [
      /^SourceDeadLetters +1$/m,
      new RegExp(`"${DEAD}"`),
      /^1 would be redriven$/m,
      /^1 of 1 redriven$/m,
      /^$/,
    ],
    async after() {
      await logsOf(DEAD, 1);
      expect(await bash('npm run admin -- redrive list')).toMatch(/^TallyDeadLetters +0$/m);
    },
  },
  'queue-delayed': {
    shows: () => [/"ApproximateNumberOfMessagesNotVisible": "\d+"/, logged('IngestFunction')],
  },
  'dispatch-delayed': { shows: () => [logged('DeliveryDispatch')] },
  'dispatch-stopped': { shows: () => [/^Enabled\t/m, /"UUID"/, logged('DeliveryDispatch')] },
  'tally-delayed': { shows: () => [logged('TallyFunction')] },
  uncounted: { shows: () => [logged('TallyFunction')] },
  'function-errors': {
    shows: () =>
      [
        'IngestFunction',
        'DeliveryDispatch',
        'DeliveryDeliver',
        'DeliveryRecover',
        'TallyFunction',
        'ApiFunction',
        'ApiAuthorizer',
      ].map(logged),
  },
  'failed-executions': {
    // One fails after a day: here there is none.
    shows: () => [
      /"executions": \[\]/,
      /"executions": \[\]/,
      new RegExp(LACKING['aws stepfunctions redrive-execution '] ?? ''),
      logged('DeliveryDeliverMachine'),
    ],
  },
  'endpoint-failing': { shows: () => [new RegExp(`"${deliveryId}"`), /"status_code":410/] },
  'endpoint-disabled': {
    shows: () => [
      new RegExp(`"${hook.endpointId}".*"disabled"`),
      /410 Gone/,
      /"status":"active"/,
      /"count":[1-9]/,
    ],
  },
  exhausted: {
    before: () => hook.behave({ status: 200 }),
    shows: () => [new RegExp(`"${deliveryId}"`), /^\{/],
    after: () => delivery(hook, messageId, ['delivered']),
  },
  internal: { shows: () => [logged('DeliveryDeliver')] },
  quarantine: {
    // One that an older version could not read, and this one can.
    async before() {
      const row = quarantineRow(
        { messageId: UNREAD, body: JSON.stringify(sent(UNREAD)), reason: 'bad_timestamp', detail: '' },
        { receivedAtMs: Date.now(), retentionDays: 1 },
      );
      await table.client.send(new PutCommand({ TableName: table.name, Item: row }));
    },
    shows: () => [/^[1-9]\d* of \d+$/m, /^([1-9]\d*) of \1 redriven$/m],
    after: () => logsOf(UNREAD, 1),
  },
  'unknown-workspace': {
    shows: () => [new RegExp(`"${messageId}"`), /"ses:configuration-set"/, new RegExp(tenant.id)],
  },
  reputation: { shows: () => [/"status":"bounced"/, /"status":"complained"/, /"HEALTHY",\s*true/] },
  'nothing-ingested': {
    shows: () => [new RegExp(stack.topic_arn), /^\d+ well, 0 failed/m, /sends with/],
    after: () => bash(`npm run admin -- detach ${stack.from}`),
  },
};

describe('the runbook', () => {
  it('has an output for the address of the API', async () => {
    expect(await bash(`${findBase}\necho "$BASE"`)).toMatch(/^https:\/\/.*\/prod$/m);
  });

  it.each([
    [FIRST, firstCommands] as const,
    ...[...sections].map(([name, text]) => [name, commandsOf(text)] as const),
  ])('%s', async (name, lines) => {
    const scene = SCENES[name];
    if (scene === undefined) throw new Error(`Nobody says what ${name} is to show`);
    await scene.before?.();
    const shown = await shownBy(lines);
    expect(shown).toEqual(scene.shows().map((what) => expect.stringMatching(what)));
    await scene.after?.();
  });
});
