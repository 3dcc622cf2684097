/**
 * Deploys a release with data into the local AWS, and then updates the stack to the current commit with the calls of
 * CloudFormation. Nothing is lost, and an execution that started before the update ends after it.
 */
import { CloudFormationClient, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initWorkspace } from '../../admin/init.ts';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';
import { createTable } from '../../lambdas/store/table.ts';
import { awsConfig } from '../../local/aws.ts';
import { until } from '../time.ts';
import { readAssembly, STACK_NAME, synthesizeCurrent } from './assembly.ts';
import { accepted, clientOf, createHook, sendEmail } from './client.ts';
import { emulatedTemplate } from './emulated-template.ts';
import { startLocalAws, type LocalAws } from './local-aws.ts';
import { RELEASED, unpackRelease } from './releases.ts';
import { KEPT } from './template-rules.ts';

/**
 * A retry waits for 24 to 36 s, jitter included. The one that must wait during the update begins a few seconds before it: 7 s on two
 * cores that run eight other tests. If a machine is too slow for this, the test says so.
 */
const TIMING = { retryScale: 0.5, waitScale: 0.05 };

type Resources = ReadonlyMap<string, { readonly type: string; readonly physicalId: string }>;

async function resourcesOf(endpoint: string): Promise<Resources> {
  const client = new CloudFormationClient(awsConfig(endpoint));
  const found = new Map<string, { type: string; physicalId: string }>();
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListStackResourcesCommand({ StackName: STACK_NAME, ...(token && { NextToken: token }) }),
    );
    for (const summary of page.StackResourceSummaries ?? []) {
      const {
        LogicalResourceId: id = '',
        ResourceType: type = '',
        PhysicalResourceId: physicalId = '',
      } = summary;
      found.set(id, { type, physicalId });
    }
    token = page.NextToken;
  } while (token !== undefined);
  return found;
}

/** The physical id of the only resource whose logical id is `prefix` and 8 hexadecimal digits. */
function physicalIdOf(resources: Resources, prefix: string): string {
  const ids = [...resources].filter(([id]) => new RegExp(`^${prefix}[0-9A-F]{8}$`).test(id));
  if (ids.length !== 1 || !ids[0]) throw new Error(`${ids.length} resources ${prefix}`);
  return ids[0][1].physicalId;
}

/** The running execution that contains one delivery. The input of each version contains the ids of the message and of the endpoint. */
async function runningExecutionAbout(
  sfn: SFNClient,
  machineArn: string,
  { messageId, endpointId }: { readonly messageId: string; readonly endpointId: string },
): Promise<string | undefined> {
  for (const { arn, status } of await executionsOf(sfn, machineArn)) {
    if (status !== 'RUNNING') continue;
    const { input = '' } = await sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
    if (input.includes(messageId) && input.includes(endpointId)) return arn;
  }
  return undefined;
}

async function executionsOf(sfn: SFNClient, machineArn: string) {
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: machineArn }));
  return executions.map(({ executionArn = '', status = '' }) => ({ arn: executionArn, status }));
}

/** Creates data in a stack of the release, and leaves retries, a probe, a command and an event that nothing has processed. */
async function fill(aws: LocalAws, tableName: string) {
  const config = awsConfig(aws.endpoint);
  const [sfn, lambda] = [new SFNClient(config), new LambdaClient(config)];
  const resources = await resourcesOf(aws.endpoint);
  const setDispatch = (enabled: boolean) =>
    lambda.send(
      new UpdateEventSourceMappingCommand({
        UUID: physicalIdOf(resources, 'IvyDeliveryDispatchStream'),
        Enabled: enabled,
      }),
    );
  const redeliverArn = physicalIdOf(resources, 'IvyDeliveryRedeliverMachine');
  const recoverArn = physicalIdOf(resources, 'IvyDeliveryRecoverMachine');

  // The admin command writes the first key. The API of the release writes the second one, with which the test continues.
  const { api_key: firstKey } = await initWorkspace({
    table: createTable(tableName, new DynamoDBClient(config)),
    workspaceId: DEFAULT_WORKSPACE_ID,
  });
  const { key: secondKey } = await clientOf(aws, firstKey).post('/v1/api-keys', {
    name: 'second',
    scopes: ['admin'],
  });
  const client = clientOf(aws, secondKey);

  const failing = await createHook(aws, client, 'failing');
  await failing.behave({ status: 500 });
  const healthy = await createHook(aws, client, 'healthy');
  const delivered = await sendEmail(client);
  const rotating = await createHook(aws, client, 'rotating');
  // The inbox keeps the first secret, with which requests are still signed during the overlap.
  await client.post(`/v1/webhooks/${rotating.id}/rotate-secret`, { overlap_seconds: 3600 });
  const bounced = await sendEmail(client, 'bounce');
  await client.post('/v1/suppressions', { address: 'gone@customer.example' });

  // Ten failures over at least five seconds open the breaker of the endpoint.
  const failed: string[] = [delivered];
  await until('the endpoint to be failing', async () => {
    failed.push(await sendEmail(client));
    const { health } = await client.get(`/v1/webhooks/${failing.id}`);
    return health === 'failing' ? true : undefined;
  });
  const held = await sendEmail(client);
  await until('a held delivery', async () => {
    const { data } = await client.get(`/v1/webhooks/${failing.id}/deliveries?status=held`);
    return data.some((each: { message_id: string }) => each.message_id === held) ? true : undefined;
  });

  const flaky = await createHook(aws, client, 'flaky');
  await flaky.behave({ status: 503, times: 1 });
  const retried = await sendEmail(client);
  await until('the first attempt', async () =>
    (await flaky.requests(retried)).length === 1 ? true : undefined,
  );
  const retryExecution = await until('the execution of the retry', () =>
    runningExecutionAbout(sfn, redeliverArn, { messageId: retried, endpointId: flaky.id }),
  );
  await accepted(healthy, retried);

  await setDispatch(false);
  const waiting = await sendEmail(client);
  const missing = await createHook(aws, client, 'missing');
  const { recovery_id: recoveryId } = await client.post(`/v1/webhooks/${missing.id}/recover`, {
    since: new Date(Date.now() - 3_600_000).toISOString(),
  });
  const sentOnce = await client.post(
    '/v1/send',
    { from: 'you@yourdomain.example', to: ['success@customer.example'], subject: 'Once', text: 'Once.' },
    { 'idempotency-key': 'once' },
  );

  const hooks = { failing, healthy, rotating, flaky, missing };
  const messages = { delivered, bounced, failed, held, retried, waiting };
  return {
    sfn,
    client,
    firstKey,
    resources,
    redeliverArn,
    recoverArn,
    retryExecution,
    hooks,
    messages,
    recoveryId,
    sentOnce,
    setDispatch,
  };
}

/** The paths whose responses do not change while the test runs, as long as dispatch is stopped. */
const pathsOf = ({ hooks, messages }: Awaited<ReturnType<typeof fill>>): readonly string[] => [
  `/v1/send/logs?message_id=${messages.delivered}`,
  `/v1/send/logs/${messages.bounced}?raw=true`,
  `/v1/webhooks/${hooks.healthy.id}/deliveries`,
  `/v1/webhooks/${hooks.rotating.id}`,
  '/v1/suppressions',
  '/v1/workspace',
];

describe.each(RELEASED)('a stack of version %s that is updated to the current commit', (version) => {
  let aws: LocalAws;
  let before: Awaited<ReturnType<typeof fill>>;
  let responses: readonly unknown[];
  let resources: Resources;
  let firstPage: { readonly next_cursor: string };
  let secondPage: { readonly data: readonly { readonly event_id: string }[] };
  let waitingExecutions: readonly string[];
  let counted: number;

  beforeAll(async () => {
    aws = await startLocalAws();
    const [released, current] = [`${aws.folder}/released`, `${aws.folder}/current`];
    unpackRelease(version, released);
    synthesizeCurrent(current);
    const assemblyOf = (folder: string) => {
      const { template, assets } = readAssembly(folder);
      return { template: emulatedTemplate(template, TIMING), assets };
    };
    const outputs = await aws.deploy(assemblyOf(released));
    before = await fill(aws, outputs['TableName'] ?? '');
    const { client, sfn, redeliverArn } = before;
    responses = await Promise.all(pathsOf(before).map((path) => client.get(path)));
    firstPage = await client.get('/v1/send/logs?limit=3');
    secondPage = await client.get(`/v1/send/logs?limit=3&cursor=${firstPage.next_cursor}`);
    counted = await until('every event to be counted', async () => {
      const { totals } = await client.get('/v1/stats');
      const { data } = await client.get('/v1/send/logs?limit=100');
      const sum = Object.values<number>(totals).reduce((total, count) => total + count, 0);
      return sum === data.length ? sum : undefined;
    });

    await aws.deploy(assemblyOf(current));
    waitingExecutions = (await executionsOf(sfn, redeliverArn))
      .filter(({ status }) => status === 'RUNNING')
      .map(({ arn }) => arn);
    resources = await resourcesOf(aws.endpoint);
  });

  afterAll(() => aws.stop());

  it('keeps the physical ids of every resource that must survive', () => {
    const kept = [...before.resources].filter(([, { type }]) => KEPT[type] !== undefined);
    expect(kept.length).toBeGreaterThan(30);
    expect([...resources]).toEqual(expect.arrayContaining(kept));
  });

  it('keeps every row that the API showed', async () => {
    const paths = pathsOf(before);
    for (const [position, path] of paths.entries())
      expect([path, await before.client.get(path)]).toMatchObject([path, responses[position]]);
  });

  it('continues a list at a cursor that was made before the update', async () => {
    const page = await before.client.get(`/v1/send/logs?limit=3&cursor=${firstPage.next_cursor}`);
    expect(page.data).toMatchObject(secondPage.data);
  });

  it('lists every suppression newest first, also those that the release stored', async () => {
    const { client } = before;
    const [byAddress, newest] = await Promise.all([
      client.get('/v1/suppressions?limit=100'),
      client.get('/v1/suppressions?order=newest&total=true&limit=100'),
    ]);
    const addressesOf = (list: { readonly data: readonly { readonly address: string }[] }) =>
      list.data.map(({ address }) => address).toSorted();
    expect(addressesOf(newest)).toEqual(addressesOf(byAddress));
    expect(addressesOf(newest)).toContain('gone@customer.example');
    expect(newest.total).toEqual({ count: newest.data.length, exact: true });
  });

  it('accepts every API key', async () => {
    const keys = await clientOf(aws, before.firstKey).get('/v1/api-keys');
    expect(keys.data.map(({ name }: { name: string }) => name).toSorted()).toEqual(['admin', 'second']);
  });

  it('returns the response of a request that was sent with the same idempotency key', async () => {
    const email = {
      from: 'you@yourdomain.example',
      to: ['success@customer.example'],
      subject: 'Once',
      text: 'Once.',
    };
    const again = await before.client.post('/v1/send', email, { 'idempotency-key': 'once' });
    expect(again.message_id).toBe(before.sentOnce.message_id);
  });

  it('dispatches the event and the command that were stored before the update', async () => {
    const { setDispatch, client, hooks, messages, recoveryId } = before;
    await setDispatch(true);

    await accepted(hooks.healthy, messages.waiting);
    const recovery = await until('the recovery to complete', async () => {
      const body = await client.get(`/v1/recoveries/${recoveryId}`);
      return body.status === 'completed' ? body : undefined;
    });
    expect(recovery.started).toBeGreaterThanOrEqual(messages.failed.length);
    const [request] = await accepted(hooks.missing, messages.delivered);
    expect(request?.verified).toBe(true);
  });

  it('signs with the secrets that were created before the update', async () => {
    const { client, hooks } = before;
    const messageId = await sendEmail(client);
    for (const hook of [hooks.healthy, hooks.rotating, hooks.missing])
      expect(await accepted(hook, messageId)).toMatchObject([{ verified: true, status: 200 }]);
    // The rotated secret.
    const { secret } = await client.get(`/v1/webhooks/${hooks.rotating.id}/secret`);
    await hooks.rotating.behave({ secret });
    expect(await accepted(hooks.rotating, await sendEmail(client))).toMatchObject([{ verified: true }]);
  });

  it('delivers what was held or retried for the failing endpoint once its receiver works', async () => {
    const { client, hooks, messages, sfn, recoverArn } = before;
    await hooks.failing.behave({ status: 200 });

    for (const messageId of [...messages.failed, messages.held, messages.retried])
      expect(await accepted(hooks.failing, messageId)).toContainEqual(
        expect.objectContaining({ verified: true, status: 200 }),
      );
    await until('the endpoint to be healthy', async () => {
      const { health } = await client.get(`/v1/webhooks/${hooks.failing.id}`);
      return health === 'healthy' ? true : undefined;
    });
    await until('every replay to end', async () => {
      const executions = await executionsOf(sfn, recoverArn);
      expect(executions.map(({ status }) => status)).not.toContain('FAILED');
      return executions.every(({ status }) => status === 'SUCCEEDED') ? true : undefined;
    });
  });

  it('attempts again what waited for a retry, in the execution that started before the update', async () => {
    const { sfn, hooks, messages } = before;
    const [first, second, ...more] = await accepted(hooks.flaky, messages.retried);
    expect(more).toEqual([]);
    expect(second).toMatchObject({ raw_body: first?.raw_body, verified: true, status: 200 });
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);

    // Otherwise, the execution woke up before the update ended, and this test proves nothing.
    expect(waitingExecutions).toContain(before.retryExecution);
    for (const arn of waitingExecutions) {
      const ended = await until(`the end of ${arn}`, async () => {
        const execution = await sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
        return execution.status === 'RUNNING' ? undefined : execution;
      });
      expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    }
  });

  it('continues the statistics', async () => {
    const { client } = before;
    await until('every event to be counted', async () => {
      const { totals } = await client.get('/v1/stats');
      const { data } = await client.get('/v1/send/logs?limit=100');
      const sum = Object.values<number>(totals).reduce((total, count) => total + count, 0);
      expect(sum).toBeLessThanOrEqual(data.length);
      return sum === data.length && sum > counted ? true : undefined;
    });
  });

  it('leaves no message in a dead-letter queue', async () => {
    const sqs = new SQSClient(awsConfig(aws.endpoint));
    const queues = [...resources].filter(
      ([id, { type }]) => type === 'AWS::SQS::Queue' && /DeadLetters/.test(id),
    );
    expect(queues).toHaveLength(5);
    for (const [id, { physicalId }] of queues) {
      const { Attributes: attributes } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: physicalId,
          AttributeNames: ['ApproximateNumberOfMessages'],
        }),
      );
      expect([id, attributes?.['ApproximateNumberOfMessages']]).toEqual([id, '0']);
    }
  });
});
