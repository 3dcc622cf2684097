/** A permission that is missing shows only in AWS, since the local emulator allows everything. So it is read off the code. */
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { BUNDLE_OPTIONS } from '../../lib/bundle.ts';
import { listOf, resource, statementsOf, templateOf } from './template.ts';

const template = templateOf();

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

/** What Lambda itself does in a function's name: its log, the queue and the stream that it polls. */
const BY_LAMBDA =
  /^(logs:.*|sqs:(ReceiveMessage|DeleteMessage|ChangeMessageVisibility|GetQueue\w+)|dynamodb:(\w+Streams?|GetRecords|GetShardIterator))$/;

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

function grantedTo(rolePrefix: string): string[] {
  const actions = statementsOf(resource(template, 'AWS::IAM::Policy', rolePrefix)).flatMap(({ Action }) =>
    listOf(Action),
  );
  return [...new Set(actions.filter((action) => !BY_LAMBDA.test(action)))].toSorted();
}

describe('a function may do exactly what its code can ask for', () => {
  it.each([
    ['ingest', 'IvyIngestFunctionRole'],
    ['dispatch', 'IvyDeliveryDispatchRole'],
    ['deliver', 'IvyDeliveryDeliverRole'],
    ['recover', 'IvyDeliveryRecoverRole'],
    // Lambda itself sends what is given up, in the function's name.
    ['tally', 'IvyTallyFunctionRole', ['sqs:SendMessage']],
    ['api', 'IvyApiFunctionRole'],
    ['authorizer', 'IvyApiAuthorizerRole'],
  ] as const)('%s', async (handler, role, byLambda: readonly string[] = []) => {
    expect(grantedTo(role)).toEqual([...(await requestedBy(handler)), ...byLambda].toSorted());
  });
});
