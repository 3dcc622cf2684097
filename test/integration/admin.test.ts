/** The admin commands against the deployed stack. Each test repairs what it breaks. */
import { randomUUID } from 'node:crypto';
import { UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import {
  DeleteConfigurationSetCommand,
  DeleteConfigurationSetEventDestinationCommand,
  GetConfigurationSetEventDestinationsCommand,
} from '@aws-sdk/client-sesv2';
import {
  GetSubscriptionAttributesCommand,
  ListSubscriptionsByTopicCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { findDeployment, type Deployment } from '../../admin/deployment.ts';
import { dashboard, type SignInLink } from '../../admin/dashboard.ts';
import { runChecks } from '../../admin/doctor.ts';
import type { Check } from '../../admin/checks.ts';
import { redriveRun, redriveShow, type RedriveOptions } from '../../admin/redrive.ts';
import { zeroCounts } from '../../lambdas/core/stats.ts';
import { SAMPLES } from '../../sim/ses/samples.ts';
import { api, createHook, logsOf, newTenant, publish, sendEmail, stack, table, until } from './client.ts';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await findDeployment({ stack: 'IvyMailEvents', localRun: stack });
});

async function examine(
  changes: { apiKey?: string; send?: boolean; repair?: boolean } = {},
): Promise<readonly Check[]> {
  return runChecks(deployment, {
    apiKey: stack.api_key,
    from: stack.from,
    send: false,
    timeoutMs: 600_000,
    onCheck: () => {},
    ...changes,
  });
}

function readJson(text: string | undefined): unknown {
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

function failures(checks: readonly Check[]): Check[] {
  return checks.filter(({ status }) => status === 'failed');
}

describe('dashboard', () => {
  it('makes a link that signs in with the requested scopes and expires at the requested time', async () => {
    const output = await dashboard(deployment, { scopes: 'read', 'expires-at': '2099-01-01T00:00:00Z' });
    const { url, expires_at: expiresAt } = output.result as SignInLink;
    expect(output.text).toContain(url);
    expect(expiresAt).toBe('2099-01-01T00:00:00Z');
    const [page = '', key = ''] = url.split('#key=');
    expect(page).toBe(`${stack.base_url}/dashboard`);
    const workspace = await api('GET', '/v1/workspace', undefined, { 'x-api-key': key });
    expect(workspace.body.key.scopes).toEqual(['read']);
    const refused = await dashboard(deployment, { 'expires-at': '2020-01-01T00:00:00Z' }).catch(
      (error) => error,
    );
    expect(refused).toMatchObject({
      message: expect.stringContaining('--expires-at needs a time in the future'),
    });
  });
});

describe('doctor', () => {
  it('passes every check on a healthy stack, including emails and webhooks', async () => {
    const checks = await examine({ send: true });
    // Other tests may have published unreadable messages.
    expect(checks.filter(({ name, status }) => status !== 'ok' && name !== 'quarantine')).toEqual([]);
    expect(checks).toHaveLength(21);
    const { body } = await api('GET', '/v1/webhooks');
    expect(body.data.filter((each: { description: string }) => each.description === 'doctor')).toEqual([]);
  });

  it('changes no count and no rate, because statistics exclude the mailbox simulator', async () => {
    const tenant = await newTenant('doctor');
    const checks = await examine({ apiKey: tenant.apiKey, send: true });
    expect(checks.filter(({ name }) => name.startsWith('email to'))).toHaveLength(5);
    // This email is counted. Once its count appears, the earlier events of doctor in the stream have been read too.
    await logsOf(await sendEmail(tenant.api, { to: ['success@customer.example'] }), 2, tenant.api);
    const stats = await until('the email to be counted', async () => {
      const { body } = await tenant.api('GET', '/v1/stats');
      return body.totals.sent > 0 && body.totals.delivered > 0 ? body : undefined;
    });
    expect(stats.totals).toEqual({ ...zeroCounts(), sent: 1, delivered: 1 });
    expect(stats.rates).toMatchObject({ delivery: 1, bounce: 0, complaint: 0 });
  });

  it('reports a wrong key and sends nothing', async () => {
    const checks = await examine({ apiKey: 'ivy_live_wrong', send: true });
    expect(failures(checks)).toMatchObject([
      { name: 'API and key', detail: 'the API refused the key: 403 invalid_api_key' },
    ]);
    expect(checks.at(-1)).toMatchObject({ name: 'end to end', status: 'not_checked' });
  });

  /** The checks that `--repair` has repaired. */
  async function repaired(): Promise<readonly string[]> {
    const checks = await examine({ repair: true });
    return checks.filter(({ detail }) => detail.startsWith('repaired: ')).map(({ name }) => name);
  }

  it('repairs nothing on a healthy stack', async () => {
    expect(await repaired()).toEqual([]);
  });

  it('reports a missing subscription, and --repair creates it as the stack did', async () => {
    const { sns, topicArn } = deployment;
    const subscriptionOf = async () => {
      const { Subscriptions: subscriptions = [] } = await sns.send(
        new ListSubscriptionsByTopicCommand({ TopicArn: topicArn }),
      );
      expect(subscriptions).toHaveLength(1);
      const SubscriptionArn = subscriptions[0]?.SubscriptionArn;
      const { Attributes: attributes = {} } = await sns.send(
        new GetSubscriptionAttributesCommand({ SubscriptionArn }),
      );
      const { RawMessageDelivery, RedrivePolicy } = attributes;
      return {
        SubscriptionArn,
        attributes: {
          Endpoint: subscriptions[0]?.Endpoint,
          RawMessageDelivery,
          RedrivePolicy: readJson(RedrivePolicy),
        },
      };
    };
    const { SubscriptionArn, attributes } = await subscriptionOf();
    await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    expect(failures(await examine())).toMatchObject([
      {
        name: 'subscription',
        detail: expect.stringContaining('subscription of the queue to the topic is missing'),
        advice: expect.stringContaining('doctor --repair'),
      },
    ]);
    expect(await repaired()).toEqual(['subscription']);
    expect(failures(await examine())).toEqual([]);
    expect((await subscriptionOf()).attributes).toEqual(attributes);
    await logsOf(await sendEmail(api), 2);
  });

  /**
   * The event destinations of our configuration set, and their names separately. In the emulator, `Ref` does not return the name of a
   * destination as CloudFormation does, so a destination that was created again has another name here.
   */
  async function destinations() {
    const { EventDestinations: found = [] } = await deployment.sesConfigurationSets.send(
      new GetConfigurationSetEventDestinationsCommand({ ConfigurationSetName: deployment.configurationSet }),
    );
    const settings = found.map(({ Name: _name, MatchingEventTypes: types = [], ...rest }) => ({
      ...rest,
      types: types.toSorted(),
    }));
    return { names: found.map(({ Name: name }) => name), settings };
  }

  it('reports a missing event destination, and --repair creates it as the stack did', async () => {
    const { sesConfigurationSets, configurationSet: ConfigurationSetName } = deployment;
    const { names, settings } = await destinations();
    expect(names).toHaveLength(1);
    await sesConfigurationSets.send(
      new DeleteConfigurationSetEventDestinationCommand({
        ConfigurationSetName,
        EventDestinationName: names[0],
      }),
    );
    expect(failures(await examine())).toMatchObject([
      {
        name: 'event destination',
        detail: expect.stringContaining('has no event destination with our topic'),
      },
    ]);
    expect(await repaired()).toEqual(['event destination']);
    expect(failures(await examine())).toEqual([]);
    expect((await destinations()).settings).toEqual(settings);
  });

  it('reports a missing configuration set, and --repair creates it with its event destination', async () => {
    const { sesConfigurationSets, configurationSet: ConfigurationSetName } = deployment;
    const { settings } = await destinations();
    await sesConfigurationSets.send(new DeleteConfigurationSetCommand({ ConfigurationSetName }));
    expect(failures(await examine()).map(({ name }) => name)).toEqual([
      'configuration set',
      'event destination',
    ]);
    expect(await repaired()).toEqual(['configuration set', 'event destination']);
    expect(failures(await examine())).toEqual([]);
    expect((await destinations()).settings).toEqual(settings);
  });

  it('reports a disabled event source mapping', async () => {
    const { lambda, eventSourceMappings } = deployment;
    expect(Object.keys(eventSourceMappings).toSorted()).toEqual(['DeliveryDispatch', 'Ingest', 'Tally']);
    const UUID = eventSourceMappings['Tally'];
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
    try {
      expect(failures(await examine())).toMatchObject([
        { name: 'event sources', detail: expect.stringMatching(/^Tally is Disabl/) },
      ]);
    } finally {
      await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
    }
    expect(failures(await examine())).toEqual([]);
  });

  it('reports a dead-letter queue that is not empty', async () => {
    const { sqs } = deployment;
    const QueueUrl = deployment.deadLetterQueues['DeliveryDeliverDeadLetters'];
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));
    expect(failures(await examine())).toMatchObject([
      { name: 'dead-letter queues', detail: 'not empty: DeliveryDeliverDeadLetters holds 1' },
    ]);
    const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
    expect(failures(await examine())).toEqual([]);
  });
});

describe('redrive', () => {
  const place = 'SourceDeadLetters';
  const redrive = async (action: 'show' | 'run', where: string, options: RedriveOptions = {}) =>
    (await (action === 'run' ? redriveRun : redriveShow)(deployment, where, options)).result;

  it('moves an SES event from the dead-letter queue back to the source queue, and the event is stored', async () => {
    const messageId = `redriven-${randomUUID()}`;
    const event = { ...SAMPLES.send, mail: { ...SAMPLES.send.mail, messageId } };
    await deployment.sqs.send(
      new SendMessageCommand({
        QueueUrl: deployment.deadLetterQueues[place],
        MessageBody: JSON.stringify(event),
      }),
    );
    expect(await redrive('run', place, { filter: 'no such text', 'dry-run': true })).toMatchObject({
      matched: 0,
    });
    expect(await redrive('run', place, { filter: messageId })).toEqual({
      place,
      matched: 1,
      redriven: 1,
      failed: [],
    });
    expect(await logsOf(messageId, 1)).toMatchObject([{ status: 'sent' }]);
    expect(failures(await examine())).toEqual([]);
  });

  it('redrives at most --limit messages and leaves the others visible', async () => {
    const QueueUrl = deployment.deadLetterQueues[place];
    const ids = Array.from({ length: 12 }, () => `limited-${randomUUID()}`);
    for (const messageId of ids) {
      const event = { ...SAMPLES.send, mail: { ...SAMPLES.send.mail, messageId } };
      await deployment.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
    }
    const options = { filter: 'limited-', limit: '1' };
    expect(await redrive('run', place, options)).toMatchObject({ matched: 1, redriven: 1 });
    expect(await redrive('show', place)).toMatchObject({ count: 11 });
    expect(await redrive('run', place)).toMatchObject({ matched: 11, redriven: 11 });
    await Promise.all(ids.map((id) => logsOf(id, 1)));
  });

  it('reports that a row still cannot be dispatched, and keeps exactly one message for it', async () => {
    const Item = { pk: `M#${randomUUID()}`, sk: 'E#', kind: 'odd' };
    await table.client.send(new PutCommand({ TableName: table.name, Item }));
    const QueueUrl = deployment.deadLetterQueues['DeliveryDispatchDeadLetters'];
    const MessageBody = JSON.stringify({ keys: { pk: { S: Item.pk }, sk: { S: Item.sk } }, reason: 'test' });
    await deployment.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    expect(await redrive('run', 'DeliveryDispatchDeadLetters')).toMatchObject({
      matched: 1,
      redriven: 0,
      failed: [{ error: expect.stringContaining('No handler for row kind odd') }],
    });
    expect(await redrive('show', 'DeliveryDispatchDeadLetters')).toMatchObject({ count: 1 });
    const { Messages: [message] = [] } = await deployment.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    await deployment.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  });

  it('shows quarantined messages by reason and processes them again on request', async () => {
    const text = `no event ${randomUUID()}`;
    await publish(JSON.stringify({ text }));
    const shown = await until('the message to be quarantined', async () => {
      const result = (await redrive('show', 'quarantine', { filter: text })) as {
        count: number;
        messages: unknown[];
      };
      return result.count === 1 ? result : undefined;
    });
    expect(shown.messages).toMatchObject([{ reason: 'not_ses' }]);
    expect(await redrive('run', 'quarantine', { filter: text, 'dry-run': true })).toMatchObject({
      matched: 1,
      redriven: 0,
    });
    expect(await redrive('run', 'quarantine', { filter: text, reason: 'not_ses' })).toMatchObject({
      redriven: 1,
    });
    // The message is still unreadable.
    await until('the message to be quarantined again', async () => {
      const result = (await redrive('show', 'quarantine', { filter: text })) as { count: number };
      return result.count === 1 ? true : undefined;
    });
  });

  it('starts the deliveries of an undispatched row from its keys', async () => {
    const hook = await createHook(['complained']);
    const messageId = `undispatched-${randomUUID()}`;
    await publish({ ...SAMPLES.complaint, mail: { ...SAMPLES.complaint.mail, messageId } });
    const [request] = await hook.requests(1, messageId);
    const [entry] = await logsOf(messageId, 1);
    expect(request?.headers['webhook-id']).toBe(entry?.event_id);
    const keys = {
      pk: { S: `M#${stack.workspace_id}#${messageId}` },
      sk: { S: `E#${new Date(entry?.timestamp ?? '').toISOString()}#${entry?.event_id}` },
    };
    const QueueUrl = deployment.deadLetterQueues['DeliveryDispatchDeadLetters'];
    await deployment.sqs.send(
      new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ keys, reason: 'test' }) }),
    );
    expect(await redrive('run', 'DeliveryDispatchDeadLetters')).toMatchObject({ redriven: 1, failed: [] });
    // The webhook was delivered before. The claim prevents a second request.
    expect(await hook.seen(messageId)).toHaveLength(1);
    await hook.remove();
  });
});
