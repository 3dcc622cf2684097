/**
 * Runs the seven Lambda functions on every path, and evaluates each of their calls to AWS against the IAM policies of the function's role in
 * the template. Without this test, a permission on the wrong resource would show only in a deployment.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { afterEach, describe, expect, it } from 'vitest';
import { callerOf } from '../../pages/permissions.ts';
import { ENV } from '../../lambdas/core/env.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import { putCommand } from '../../lambdas/store/commands.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { ACCOUNT, decide, resolveValue, policiesOfRole, REGION } from '../lib/policy.ts';
import { listOf, resource, resourcesOf, templateOf, type Statement } from '../../pages/template.ts';
import { recordFigures } from '../../pages/reliability/records.ts';
import { playApiScenarios } from './tenants/api-scenarios.ts';
import { loadFunctions, unloadFunctions, type Functions, type Service } from './tenants/functions.ts';
import { captureLogs } from './tenants/log-capture.ts';
import { playEmailScenarios } from './tenants/email-scenarios.ts';
import { startReceivers } from './tenants/receivers.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { reputationEventRow } from '../../lambdas/store/reputation-events.ts';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';
import { aReputationEvent, anEvent } from '../../sim/builders/events.ts';
import { ScenarioContext, WORKSPACE_ID } from './tenants/scenario-context.ts';

const template = templateOf({
  allowInsecureEndpoints: true,
  reputation: { pauseConfigurationSet: true },
});

const CONSTRUCT_PATHS = {
  ingest: 'Ingest/Function',
  dispatch: 'Delivery/Dispatch',
  deliver: 'Delivery/Deliver',
  recover: 'Delivery/Recover',
  tally: 'Tally/Function',
  api: 'Api/Function',
  authorizer: 'Api/Authorizer',
} as const;
type FunctionName = keyof typeof CONSTRUCT_PATHS;
const NAMES = Object.keys(CONSTRUCT_PATHS) as FunctionName[];

const policies = new Map(
  NAMES.map((name) => {
    const { Properties } = resource(
      template,
      'AWS::Lambda::Function',
      `Ivy${CONSTRUCT_PATHS[name].replace('/', '')}`,
    );
    return [
      name,
      policiesOfRole(template, resolveValue(Properties['Role']).replace(/^\$\{(.*)\.Arn\}$/, '$1')),
    ];
  }),
);

/** The environment variables of the functions in the template. */
function environment(): Record<string, string> {
  const variables = resourcesOf(template, 'AWS::Lambda::Function').flatMap(([, { Properties }]) =>
    Object.entries((Properties['Environment'] as { Variables: Record<string, unknown> }).Variables),
  );
  const environmentVariables = Object.fromEntries(
    variables.map(([name, value]) => [name, resolveValue(value)]),
  );
  // The scenarios use their own topic and their own table.
  delete environmentVariables[ENV.topicArn];
  delete environmentVariables[ENV.tableName];
  return environmentVariables;
}

/** An action on a resource, for which IAM evaluates the policies. */
interface PermissionRequest {
  readonly action: string;
  readonly resource: string;
}
type Call = PermissionRequest & { readonly name: FunctionName };

const ITEM_ACTIONS: Readonly<Record<string, string>> = {
  // The product's only statements are INSERTs.
  BatchExecuteStatementCommand: 'PartiQLInsert',
  BatchGetCommand: 'BatchGetItem',
  BatchWriteCommand: 'BatchWriteItem',
  DeleteCommand: 'DeleteItem',
  GetCommand: 'GetItem',
  PutCommand: 'PutItem',
  QueryCommand: 'Query',
  UpdateCommand: 'UpdateItem',
};

const TABLE_ARN = `\${${resource(template, 'AWS::DynamoDB::GlobalTable').id}.Arn}`;
const KEY_ARN = `\${${resource(template, 'AWS::KMS::Key').id}.Arn}`;
const arnOf = (reference: unknown): string => String(reference).replace(/^\$\{(\w+)\}$/, '${$1.Arn}');

/** The permissions that a command requires. */
function permissionsFor(
  service: Service,
  command: string,
  input: Readonly<Record<string, unknown>>,
): PermissionRequest[] {
  const action = command.replace(/Command$/, '');
  switch (service) {
    case 'dynamodb': {
      if (command === 'TransactWriteCommand')
        return (input['TransactItems'] as Record<string, Record<string, unknown>>[]).flatMap((item) =>
          Object.entries(item).flatMap(([part, request]) =>
            permissionsFor('dynamodb', `${part}Command`, request),
          ),
        );
      const index = input['IndexName'] as string | undefined;
      return [
        {
          action: `dynamodb:${ITEM_ACTIONS[command] ?? action}`,
          resource: index === undefined ? TABLE_ARN : `${TABLE_ARN}/index/${index}`,
        },
      ];
    }
    // Decrypt needs no key id, because the ciphertext contains it.
    case 'kms':
      return [{ action: `kms:${action}`, resource: (input['KeyId'] as string | undefined) ?? KEY_ARN }];
    case 'sfn':
      return [{ action: `states:${action}`, resource: String(input['stateMachineArn']) }];
    case 'sns':
      return [{ action: `sns:${action}`, resource: String(input['TopicArn']) }];
    case 'sqs':
      return [{ action: `sqs:${action}`, resource: arnOf(input['QueueUrl']) }];
    case 'ses': {
      const arn = `arn:aws:ses:${REGION}:${ACCOUNT}`;
      const set = `${arn}:configuration-set/${String(input['ConfigurationSetName'])}`;
      if (command === 'PutConfigurationSetSendingOptionsCommand')
        return [{ action: `ses:${action}`, resource: set }];
      if (command !== 'SendEmailCommand') return [{ action: `ses:${action}`, resource: 'the account' }];
      const domain = String(input['FromEmailAddress']).split('@')[1]?.replace(/>$/, '');
      const resources = [`${arn}:identity/${domain}`, set];
      // SES makes a MIME message of an email with attachments. Then IAM checks the older action, too (docs/adr/0029-construct.md).
      const { Simple: simple } = input['Content'] as { readonly Simple?: { readonly Attachments?: unknown } };
      const actions = ['ses:SendEmail', ...(simple?.Attachments === undefined ? [] : ['ses:SendRawEmail'])];
      return actions.flatMap((each) => resources.map((on) => ({ action: each, resource: on })));
    }
  }
}

const running = new AsyncLocalStorage<FunctionName>();

/** Rejects each call to AWS that `isAllowed` does not allow for the function that makes the call. */
function withPermissions(
  functions: Functions,
  isAllowed: (name: FunctionName, request: PermissionRequest) => boolean,
): Functions {
  let scenarioErrorFor = functions.aws.errorFor;
  const aws: Functions['aws'] = {
    get errorFor() {
      return scenarioErrorFor;
    },
    set errorFor(next) {
      scenarioErrorFor = next;
    },
  };
  functions.aws.errorFor = (service, command, input) => {
    const name = running.getStore();
    const denied =
      name !== undefined &&
      permissionsFor(service, command, input as Record<string, unknown>).filter(
        (request) => !isAllowed(name, request),
      );
    if (denied && denied.length > 0)
      return Object.assign(new Error('Not authorized'), { name: 'AccessDeniedException' });
    return scenarioErrorFor(service, command, input);
  };
  const entries = NAMES.map((name) => {
    const run = functions[name] as (...args: unknown[]) => unknown;
    return [name, (...args: unknown[]) => running.run(name, () => run(...args))];
  });
  return { ...functions, aws, ...(Object.fromEntries(entries) as Pick<Functions, FunctionName>) };
}

function insertRecord(row: Row, index: number): DynamoDBRecord {
  const NewImage = marshall(row, { removeUndefinedValues: true });
  const Keys = marshall({ pk: row.pk, sk: row.sk });
  return {
    eventName: 'INSERT',
    dynamodb: { Keys, NewImage, SequenceNumber: String(index) },
  } as DynamoDBRecord;
}

/**
 * The scenarios that the other files do not contain: a drain that reaches the step limit of its execution, a bounce of an address with a
 * Unicode domain, and a pause of the default workspace.
 */
async function playCommandScenarios(context: ScenarioContext): Promise<void> {
  const { functions, insertedRows } = context;
  const { id: endpoint } = await context.createEndpoint(context.receivers.url('ok'));
  await putCommand(
    functions.table,
    { command: 'drain', id: 'rcv_drain', workspace_id: WORKSPACE_ID, endpoint_id: endpoint },
    '2026-11-24T00:00:00Z',
  );
  // The address also has an older stored form. Dispatch looks up this form before it suppresses the address.
  const bounced = anEvent({ workspace_id: WORKSPACE_ID, event: 'bounced', to: 'ann@bücher.example' });
  const rows = [
    insertedRows.at(-1) as Row,
    ...eventRows([bounced], { retentionDays: 90, receivedAtMs: Date.now() }),
    reputationEventRow(aReputationEvent('reputation.paused', { workspaceId: DEFAULT_WORKSPACE_ID }), 90),
  ];
  await functions.dispatch({ Records: rows.map(insertRecord) });
  await context.invoke(() =>
    functions.recover({
      workspace_id: WORKSPACE_ID,
      command_id: 'rcv_drain',
      command: 'drain',
      execution_name: 'rcv_drain',
      delay_seconds: 0,
      steps: 1_999,
      probes: 0,
    }),
  );
}

/** A bad import into a workspace that no other scenario has paused. The reputation guard stores a warning. */
async function playBadImport({ functions }: ScenarioContext): Promise<void> {
  const workspaceId = `ws_${'c'.repeat(26)}`;
  const timestamp = formatTimestamp(Date.now());
  const rows = Array.from({ length: 100 }, (_, index) =>
    (['sent', 'bounced'] as const).map((event) =>
      anEvent({ workspace_id: workspaceId, message_id: `import-${index}`, event, timestamp }),
    ),
  ).flatMap((events) => eventRows(events, { retentionDays: 90, receivedAtMs: Date.now() }));
  await functions.tally({ Records: rows.map(insertRecord), shardId: 'shard-import' });
}

/** Runs every scenario with the policies of the roles, except the statements that `without` selects. */
async function playScenarios(without: (statement: Statement) => boolean = () => false) {
  const denied: Call[] = [];
  const allowed: Call[] = [];
  const functions = withPermissions(await loadFunctions(environment()), (name, request) => {
    const statements = (policies.get(name) ?? []).filter((statement) => !without(statement));
    const isAllowed = decide(statements, request) === 'allowed';
    (isAllowed ? allowed : denied).push({ name, ...request });
    return isAllowed;
  });
  const receivers = await startReceivers();
  const logs = captureLogs();
  try {
    const context = new ScenarioContext(functions, receivers, logs);
    await playApiScenarios(context);
    await playEmailScenarios(context);
    await playCommandScenarios(context);
    await playBadImport(context);
  } finally {
    logs.stop();
    receivers.close();
  }
  return { denied, allowed, calls: denied.length + allowed.length };
}

afterEach(unloadFunctions);

const STATEMENTS = NAMES.flatMap((name) =>
  (policies.get(name) ?? []).flatMap(({ Action, Resource }) =>
    listOf(Action).flatMap((action) =>
      listOf(Resource).map((on) => ({ name, action, on: resolveValue(on) })),
    ),
  ),
);

/** The permissions that the code of the functions needs. The scenarios do not cover the calls that Lambda makes with the same role. */
const GRANTED = STATEMENTS.filter(
  ({ name, action }) => callerOf({ who: CONSTRUCT_PATHS[name], action, on: '' }) === 'its code',
);

describe('a call of a function to AWS', () => {
  it('is allowed by its role on exactly its resource, and a call needs every permission', async () => {
    const { denied, allowed, calls } = await playScenarios();
    const unused = GRANTED.filter(
      ({ name, action, on }) =>
        !allowed.some(
          (each) =>
            each.name === name &&
            each.action === action &&
            (on === '*' || each.resource.startsWith(on.replace(/\*$/, ''))),
        ),
    );
    recordFigures('permissions', {
      'calls to AWS by the seven functions': calls,
      'calls that the role does not allow': denied.length,
      permissions: GRANTED.length,
      'permissions that no call needs': unused.length,
    });
    expect(calls).toBeGreaterThan(500);
    expect(denied).toEqual([]);
    expect(unused).toEqual([]);
  });

  it('is denied if its permission is removed', async () => {
    const { denied } = await playScenarios(({ Resource }) =>
      listOf(Resource).some((on) => resolveValue(on).includes('/index/')),
    );
    const names = denied.map(({ name, action }) => `${name} ${action}`);
    expect(new Set(names)).toEqual(new Set(['api dynamodb:Query', 'recover dynamodb:Query']));
  });
});
