/**
 * The emulator allows every request, so a missing permission would only show in AWS. These tests derive the needed permissions
 * from the code.
 */
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import {
  callerOf,
  permissions,
  pausePermissions,
  permissionsPage,
  tracingPermissions,
  WIDE,
  widePermissions,
} from '../../pages/permissions.ts';
import { BUNDLE_OPTIONS } from '../../build/functions.ts';
import { deliverDefinition } from '../../lib/deliver-machine.ts';
import { recoverDefinition } from '../../lib/recover-machine.ts';
import { redeliverDefinition } from '../../lib/redeliver-machine.ts';
import type { StateMachineDefinition } from './state-machine.ts';
import { resourcesOf, templateOf } from '../../pages/template.ts';

const granted = permissions();

function grantedTo(who: string, by: string, all = granted): string[] {
  const actions = all
    .filter((permission) => permission.who === who && callerOf(permission) === by)
    .map(({ action }) => action);
  return [...new Set(actions)].toSorted();
}

/** The IAM action of each SDK command. */
const ACTIONS: Readonly<Record<string, string | readonly string[]>> = {
  BatchExecuteStatement: 'dynamodb:PartiQLInsert',
  BatchGet: 'dynamodb:BatchGetItem',
  BatchWrite: 'dynamodb:BatchWriteItem',
  Delete: 'dynamodb:DeleteItem',
  Get: 'dynamodb:GetItem',
  Put: 'dynamodb:PutItem',
  Query: 'dynamodb:Query',
  Update: 'dynamodb:UpdateItem',
  Decrypt: 'kms:Decrypt',
  Encrypt: 'kms:Encrypt',
  GenerateDataKey: 'kms:GenerateDataKey',
  DeleteSuppressedDestination: 'ses:DeleteSuppressedDestination',
  GetAccount: 'ses:GetAccount',
  Publish: 'sns:Publish',
  PutConfigurationSetSendingOptions: 'ses:PutConfigurationSetSendingOptions',
  // Version 2 of the SES API has one operation for both. IAM checks SendRawEmail for an email that is sent as MIME.
  SendEmail: ['ses:SendEmail', 'ses:SendRawEmail'],
  SendMessage: 'sqs:SendMessage',
  StartExecution: 'states:StartExecution',
};

/**
 * Returns the actions of the SDK commands in the bundle of a handler. The bundle contains only code that the handler can
 * reach.
 */
async function actionsInBundle(handler: string): Promise<string[]> {
  const { outputFiles } = await build({
    ...BUNDLE_OPTIONS,
    entryPoints: [`lambdas/handlers/${handler}.ts`],
    minify: false,
    packages: 'external',
    write: false,
    logLevel: 'silent',
  });
  // If two modules import the same name, esbuild numbers the second: `GetCommand2`.
  const text = outputFiles[0]?.text ?? '';
  const commands = [...text.matchAll(/new (\w+)Command\d*\(/g)].map(([, name = '']) => name);
  // A transaction needs the permissions of its parts.
  const parts = commands.includes('TransactWrite')
    ? [...text.matchAll(/\b(Put|Update|Delete): \{/g)].map(([, name = '']) => name)
    : [];
  const needed = [...commands.filter((name) => name !== 'TransactWrite'), ...parts];
  return [
    ...new Set(needed.flatMap((name) => ACTIONS[name] ?? `ACTIONS has no action for ${name}`)),
  ].toSorted();
}

describe('a function has exactly the permissions that its code can use', () => {
  const all = [...granted, ...pausePermissions()];
  it.each([
    ['ingest', 'Ingest/Function'],
    ['dispatch', 'Delivery/Dispatch'],
    ['deliver', 'Delivery/Deliver'],
    ['recover', 'Delivery/Recover'],
    ['tally', 'Tally/Function'],
    ['api', 'Api/Function'],
    ['authorizer', 'Api/Authorizer'],
  ] as const)('%s', async (handler, who) => {
    expect(grantedTo(who, 'its code', all)).toEqual(await actionsInBundle(handler));
  });
});

/** Returns the actions and resources of the tasks of a definition. */
function actionsInDefinition(definition: object): string[] {
  const calls = Object.values((definition as StateMachineDefinition).States)
    .filter(({ Type }) => Type === 'Task')
    .map(({ Resource = '', Parameters = {} }) => {
      const [, service] = Resource.split(':::');
      if (service === undefined) return `lambda:InvokeFunction ${Resource}`;
      if (service === 'sqs:sendMessage') return `sqs:SendMessage ${String(Parameters['QueueUrl'])}`;
      return `${service.replace('startExecution', 'StartExecution')} ${String(Parameters['StateMachineArn'])}`;
    });
  return [...new Set(calls)].toSorted();
}

describe('a state machine has exactly the permissions that its definition uses', () => {
  it.each([
    [
      'Delivery/DeliverMachine',
      deliverDefinition({
        partition: 'aws',
        deliverFunctionArn: 'Delivery/Deliver',
        redeliverMachineArn: 'Delivery/RedeliverMachine',
        deadLetterQueueUrl: 'Delivery/DeliverDeadLetters',
      }),
    ],
    ['Delivery/RedeliverMachine', redeliverDefinition({ deliverFunctionArn: 'Delivery/Deliver' })],
    ['Delivery/RecoverMachine', recoverDefinition({ recoverFunctionArn: 'Delivery/Recover' })],
  ])('%s', (machine, definition) => {
    const allowed = granted.filter((each) => each.who === machine && callerOf(each) === 'its definition');
    expect(allowed.map(({ action, on }) => `${action} ${on}`).toSorted()).toEqual(
      actionsInDefinition(definition),
    );
  });
});

describe('a function has exactly the permissions that its event source mapping needs', () => {
  it.each([
    // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    [
      'Lambda, to poll the queue',
      ['Ingest/Function'],
      ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
    ],
    // https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html
    [
      'Lambda, to read the stream',
      ['Delivery/Dispatch', 'Tally/Function'],
      ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
    ],
    ['Lambda, to send a failed batch to the dead-letter queue', ['Tally/Function'], ['sqs:SendMessage']],
  ])('%s', (by, functions, actions) => {
    const grantedForCaller = granted.filter((permission) => callerOf(permission) === by);
    expect([...new Set(grantedForCaller.map(({ who }) => who))].toSorted()).toEqual(functions);
    for (const who of functions) expect(grantedTo(who, by)).toEqual(actions);
  });
});

describe('every role', () => {
  it('belongs to a function or a state machine', () => {
    expect(granted.filter(({ who }) => who === 'nobody')).toEqual([]);
    // Each role has one policy, and no inline or managed policy.
    const template = templateOf();
    const roles = resourcesOf(template, 'AWS::IAM::Role');
    expect(new Set(granted.map(({ who }) => who)).size).toBe(roles.length);
    expect(JSON.stringify(roles)).not.toMatch(/"(?:Policies|ManagedPolicyArns)":/);
    expect(resourcesOf(template, 'AWS::IAM::ManagedPolicy')).toEqual([]);
  });

  it('has no action with a wildcard', () => {
    expect(granted.filter(({ action }) => action.includes('*'))).toEqual([]);
  });

  it('has a resource with a wildcard only with a documented reason, and every reason is used', () => {
    const wide = new Set(widePermissions(permissions({ tracing: true })).map(({ action }) => action));
    expect([...wide].toSorted()).toEqual(WIDE.flatMap(({ actions }) => actions).toSorted());
  });
});

describe('the option tracing', () => {
  it('adds permissions for X-Ray to the state machines, and changes no other permission', () => {
    const added = tracingPermissions();
    expect([...new Set(added.map(({ who }) => who))].toSorted()).toEqual([
      'Delivery/DeliverMachine',
      'Delivery/RecoverMachine',
      'Delivery/RedeliverMachine',
    ]);
    expect(added.filter(({ action }) => !action.startsWith('xray:'))).toEqual([]);
    expect(permissions({ tracing: true })).toHaveLength(granted.length + added.length);
  });

  it('is off by default, so no role has a permission for X-Ray', () => {
    expect(granted.filter(({ action }) => action.startsWith('xray:'))).toEqual([]);
  });
});

describe('the option reputation.pauseConfigurationSet', () => {
  it('lets dispatch switch only the configuration set of the deployment', () => {
    expect(pausePermissions()).toEqual([
      {
        who: 'Delivery/Dispatch',
        action: 'ses:PutConfigurationSetSendingOptions',
        on: expect.stringMatching(/configuration-set\/(?!\*)/),
      },
    ]);
  });

  it('is off by default, so no role can switch a configuration set', () => {
    expect(granted.filter(({ action }) => action.startsWith('ses:Put'))).toEqual([]);
  });
});

it('only dispatch can publish to the topic of the alarms', () => {
  const publishing = granted.filter(({ action }) => action === 'sns:Publish');
  expect(publishing).toEqual([{ who: 'Delivery/Dispatch', action: 'sns:Publish', on: 'Alarms/Topic' }]);
});

describe('docs/generated/permissions.md', () => {
  it('matches the template (update it with npm run docs)', () => {
    expect(readFileSync('docs/generated/permissions.md', 'utf8')).toBe(permissionsPage());
  });
});
