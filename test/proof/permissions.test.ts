/**
 * The seven functions, on every path, with IAM between them and AWS: each call is asked of the policies of the function's
 * own role, as the template has them. A permission on the wrong resource shows nowhere else before AWS.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { afterEach, describe, expect, it } from 'vitest';
import { callerOf } from '../../pages/permissions.ts';
import { ENV } from '../../lambdas/core/env.ts';
import { putCommand } from '../../lambdas/store/commands.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { ACCOUNT, decide, resolveValue, policiesOfRole, REGION } from '../lib/policy.ts';
import { listOf, resource, resourcesOf, templateOf, type Statement } from '../../pages/template.ts';
import { recordFigures } from '../../pages/reliability/records.ts';
import { playApi } from './tenants/api-scenarios.ts';
import { loadFunctions, unloadFunctions, type Functions, type Service } from './tenants/functions.ts';
import { captureLogs } from './tenants/log-capture.ts';
import { playMail } from './tenants/email-scenarios.ts';
import { startReceivers } from './tenants/receivers.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { anEvent } from '../../sim/builders/events.ts';
import { Stage, WORKSPACE_ID } from './tenants/scenario-context.ts';

const template = templateOf({ allowInsecureEndpoints: true });

const WHO = {
  ingest: 'Ingest/Function',
  dispatch: 'Delivery/Dispatch',
  deliver: 'Delivery/Deliver',
  recover: 'Delivery/Recover',
  tally: 'Tally/Function',
  api: 'Api/Function',
  authorizer: 'Api/Authorizer',
} as const;
type Name = keyof typeof WHO;
const NAMES = Object.keys(WHO) as Name[];

const policies = new Map(
  NAMES.map((name) => {
    const { Properties } = resource(template, 'AWS::Lambda::Function', `Ivy${WHO[name].replace('/', '')}`);
    return [
      name,
      policiesOfRole(template, resolveValue(Properties['Role']).replace(/^\$\{(.*)\.Arn\}$/, '$1')),
    ];
  }),
);

/** What the template tells the functions, with the names of the template. */
function environment(): Record<string, string> {
  const variables = resourcesOf(template, 'AWS::Lambda::Function').flatMap(([, { Properties }]) =>
    Object.entries((Properties['Environment'] as { Variables: Record<string, unknown> }).Variables),
  );
  const told = Object.fromEntries(variables.map(([name, value]) => [name, resolveValue(value)]));
  // The scenes have a topic of their own, and one table.
  delete told[ENV.topicArn];
  delete told[ENV.tableName];
  return told;
}

interface Asked {
  readonly action: string;
  readonly resource: string;
}
type Call = Asked & { readonly name: Name };

const ITEM_ACTIONS: Readonly<Record<string, string>> = {
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

/** What IAM is asked when the command is sent. */
function askedFor(service: Service, command: string, input: Readonly<Record<string, unknown>>): Asked[] {
  const action = command.replace(/Command$/, '');
  switch (service) {
    case 'dynamodb': {
      if (command === 'TransactWriteCommand')
        return (input['TransactItems'] as Record<string, Record<string, unknown>>[]).flatMap((item) =>
          Object.entries(item).flatMap(([part, request]) => askedFor('dynamodb', `${part}Command`, request)),
        );
      const index = input['IndexName'] as string | undefined;
      return [
        {
          action: `dynamodb:${ITEM_ACTIONS[command] ?? action}`,
          resource: index === undefined ? TABLE_ARN : `${TABLE_ARN}/index/${index}`,
        },
      ];
    }
    // What is opened says itself which key it was sealed with.
    case 'kms':
      return [{ action: `kms:${action}`, resource: (input['KeyId'] as string | undefined) ?? KEY_ARN }];
    case 'sfn':
      return [{ action: `states:${action}`, resource: String(input['stateMachineArn']) }];
    case 'sqs':
      return [{ action: `sqs:${action}`, resource: arnOf(input['QueueUrl']) }];
    case 'ses': {
      if (command !== 'SendEmailCommand') return [{ action: `ses:${action}`, resource: 'the account' }];
      const arn = `arn:aws:ses:${REGION}:${ACCOUNT}`;
      const domain = String(input['FromEmailAddress']).split('@')[1]?.replace(/>$/, '');
      return [
        { action: 'ses:SendEmail', resource: `${arn}:identity/${domain}` },
        {
          action: 'ses:SendEmail',
          resource: `${arn}:configuration-set/${String(input['ConfigurationSetName'])}`,
        },
      ];
    }
  }
}

const running = new AsyncLocalStorage<Name>();

/** Each function knows itself, and is asked for its permission before each call. */
function guarded(functions: Functions, ask: (name: Name, asked: Asked) => boolean): Functions {
  let ofScene = functions.aws.fault;
  const aws: Functions['aws'] = {
    get fault() {
      return ofScene;
    },
    set fault(next) {
      ofScene = next;
    },
  };
  functions.aws.fault = (service, command, input) => {
    const name = running.getStore();
    const refused =
      name !== undefined &&
      askedFor(service, command, input as Record<string, unknown>).filter((asked) => !ask(name, asked));
    if (refused && refused.length > 0)
      return Object.assign(new Error('Not authorized'), { name: 'AccessDeniedException' });
    return ofScene(service, command, input);
  };
  const named = NAMES.map((name) => {
    const run = functions[name] as (...args: unknown[]) => unknown;
    return [name, (...args: unknown[]) => running.run(name, () => run(...args))];
  });
  return { ...functions, aws, ...(Object.fromEntries(named) as Pick<Functions, Name>) };
}

function inserts(row: Row, index: number): DynamoDBRecord {
  const NewImage = marshall(row, { removeUndefinedValues: true });
  const Keys = marshall({ pk: row.pk, sk: row.sk });
  return {
    eventName: 'INSERT',
    dynamodb: { Keys, NewImage, SequenceNumber: String(index) },
  } as DynamoDBRecord;
}

/** What no scene of the others has: a drain that fills the history of its execution, and a bounce at a Unicode domain. */
async function playCommands(stage: Stage): Promise<void> {
  const { functions, inserted } = stage;
  const { id: endpoint } = await stage.endpoint(stage.receivers.url('ok'));
  await putCommand(
    functions.table,
    { command: 'drain', id: 'rcv_drain', workspace_id: WORKSPACE_ID, endpoint_id: endpoint },
    '2026-11-24T00:00:00Z',
  );
  // Its address has an older form, which is looked up before it is suppressed.
  const bounced = anEvent({ workspace_id: WORKSPACE_ID, event: 'bounced', to: 'ann@bücher.example' });
  const rows = [
    inserted.at(-1) as Row,
    ...eventRows([bounced], { retentionDays: 90, receivedAtMs: Date.now() }),
  ];
  await functions.dispatch({ Records: rows.map(inserts) });
  await stage.call(() =>
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

/** Plays every scene; the policies decide, but for what `without` takes away. */
async function play(without: (statement: Statement) => boolean = () => false) {
  const refused: Call[] = [];
  const used: Call[] = [];
  const functions = guarded(await loadFunctions(environment()), (name, asked) => {
    const statements = (policies.get(name) ?? []).filter((statement) => !without(statement));
    const allowed = decide(statements, asked) === 'allowed';
    (allowed ? used : refused).push({ name, ...asked });
    return allowed;
  });
  const receivers = await startReceivers();
  const logs = captureLogs();
  try {
    const stage = new Stage(functions, receivers, logs);
    await playApi(stage);
    await playMail(stage);
    await playCommands(stage);
  } finally {
    logs.stop();
    receivers.close();
  }
  return { refused, used, calls: refused.length + used.length };
}

afterEach(unloadFunctions);

const STATEMENTS = NAMES.flatMap((name) =>
  (policies.get(name) ?? []).flatMap(({ Action, Resource }) =>
    listOf(Action).flatMap((action) =>
      listOf(Resource).map((on) => ({ name, action, on: resolveValue(on) })),
    ),
  ),
);

/** Those that the code itself needs: what Lambda does in its name is not played. */
const GRANTED = STATEMENTS.filter(
  ({ name, action }) => callerOf({ who: WHO[name], action, on: '' }) === 'its code',
);

describe('every call of a function', () => {
  it('is allowed by its role, on just that resource; and every permission is one that a call needs', async () => {
    const { refused, used, calls } = await play();
    const unused = GRANTED.filter(
      ({ name, action, on }) =>
        !used.some(
          (each) =>
            each.name === name &&
            each.action === action &&
            (on === '*' || each.resource.startsWith(on.replace(/\*$/, ''))),
        ),
    );
    recordFigures('permissions', {
      'calls of AWS by the seven functions': calls,
      'not allowed by the role': refused.length,
      permissions: GRANTED.length,
      'that no call needs': unused.length,
    });
    expect(calls).toBeGreaterThan(500);
    expect(refused).toEqual([]);
    expect(unused).toEqual([]);
  });

  it('would be refused without it', async () => {
    const { refused } = await play(({ Resource }) =>
      listOf(Resource).some((on) => resolveValue(on).includes('/index/')),
    );
    const names = refused.map(({ name, action }) => `${name} ${action}`);
    expect(new Set(names)).toEqual(new Set(['api dynamodb:Query', 'recover dynamodb:Query']));
  });
});
