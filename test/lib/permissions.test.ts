/** A permission that is missing shows only in AWS, since the local emulator allows everything. So it is read off the code. */
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { callerOf, permissions, permissionsPage, WIDE, widePermissions } from '../../pages/permissions.ts';
import { BUNDLE_OPTIONS } from '../../lib/bundle.ts';
import { deliverDefinition } from '../../lib/deliver-machine.ts';
import { recoverDefinition } from '../../lib/recover-machine.ts';
import { redeliverDefinition } from '../../lib/redeliver-machine.ts';
import type { Definition } from './state-machine.ts';
import { resourcesOf, templateOf } from '../../pages/template.ts';

const granted = permissions();

function grantedTo(who: string, by: string): string[] {
  const actions = granted
    .filter((permission) => permission.who === who && callerOf(permission) === by)
    .map(({ action }) => action);
  return [...new Set(actions)].toSorted();
}

/** IAM action of each command of the SDK. */
const ACTIONS: Readonly<Record<string, string>> = {
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
  SendEmail: 'ses:SendEmail',
  SendMessage: 'sqs:SendMessage',
  StartExecution: 'states:StartExecution',
};

/** The commands in a handler, after what it does not reach is shaken off. */
async function requestedBy(handler: string): Promise<string[]> {
  const { outputFiles } = await build({
    ...BUNDLE_OPTIONS,
    entryPoints: [`lambdas/handlers/${handler}.ts`],
    minify: false,
    packages: 'external',
    write: false,
    logLevel: 'silent',
  });
  // A name that two modules import is numbered in the second: `GetCommand2`.
  const text = outputFiles[0]?.text ?? '';
  const commands = [...text.matchAll(/new (\w+)Command\d*\(/g)].map(([, name = '']) => name);
  // A transaction needs the permissions of its parts.
  const parts = commands.includes('TransactWrite')
    ? [...text.matchAll(/\b(Put|Update|Delete): \{/g)].map(([, name = '']) => name)
    : [];
  const asked = [...commands.filter((name) => name !== 'TransactWrite'), ...parts];
  return [...new Set(asked.map((name) => ACTIONS[name] ?? `no action known for ${name}`))].toSorted();
}

describe('a function may do exactly what its code can ask for', () => {
  it.each([
    ['ingest', 'Ingest/Function'],
    ['dispatch', 'Delivery/Dispatch'],
    ['deliver', 'Delivery/Deliver'],
    ['recover', 'Delivery/Recover'],
    ['tally', 'Tally/Function'],
    ['api', 'Api/Function'],
    ['authorizer', 'Api/Authorizer'],
  ] as const)('%s', async (handler, who) => {
    expect(grantedTo(who, 'its code')).toEqual(await requestedBy(handler));
  });
});

/** What the tasks of a definition call, and on what. */
function calledBy(definition: object): string[] {
  const calls = Object.values((definition as Definition).States)
    .filter(({ Type }) => Type === 'Task')
    .map(({ Resource = '', Parameters = {} }) => {
      const [, service] = Resource.split(':::');
      if (service === undefined) return `lambda:InvokeFunction ${Resource}`;
      if (service === 'sqs:sendMessage') return `sqs:SendMessage ${String(Parameters['QueueUrl'])}`;
      return `${service.replace('startExecution', 'StartExecution')} ${String(Parameters['StateMachineArn'])}`;
    });
  return [...new Set(calls)].toSorted();
}

describe('a state machine may call exactly what its definition calls', () => {
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
    expect(allowed.map(({ action, on }) => `${action} ${on}`).toSorted()).toEqual(calledBy(definition));
  });
});

describe('what AWS itself does in the name of a function is what AWS asks for, and no more', () => {
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
    ['Lambda, to set aside a batch', ['Tally/Function'], ['sqs:SendMessage']],
  ])('%s', (by, functions, actions) => {
    const asked = granted.filter((permission) => callerOf(permission) === by);
    expect([...new Set(asked.map(({ who }) => who))].toSorted()).toEqual(functions);
    for (const who of functions) expect(grantedTo(who, by)).toEqual(actions);
  });
});

describe('every role', () => {
  it('is of a function or a state machine', () => {
    expect(granted.filter(({ who }) => who === 'nobody')).toEqual([]);
    // Each has one policy, and nothing else gives a role anything.
    const template = templateOf();
    const roles = resourcesOf(template, 'AWS::IAM::Role');
    expect(new Set(granted.map(({ who }) => who)).size).toBe(roles.length);
    expect(JSON.stringify(roles)).not.toMatch(/"(?:Policies|ManagedPolicyArns)":/);
    expect(resourcesOf(template, 'AWS::IAM::ManagedPolicy')).toEqual([]);
  });

  it('is given no action by a wildcard', () => {
    expect(granted.filter(({ action }) => action.includes('*'))).toEqual([]);
  });

  it('is given more than one resource only where there is a reason, and there is no reason too many', () => {
    const wide = new Set(widePermissions().map(({ action }) => action));
    expect([...wide].toSorted()).toEqual(WIDE.flatMap(({ actions }) => actions).toSorted());
  });
});

describe('docs/generated/permissions.md', () => {
  it('is what the template says: run npm run docs', () => {
    expect(readFileSync('docs/generated/permissions.md', 'utf8')).toBe(permissionsPage());
  });
});
