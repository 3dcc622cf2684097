import {
  GetAccountCommand,
  GetConfigurationSetCommand,
  GetConfigurationSetEventDestinationsCommand,
  GetEmailIdentityCommand,
  GetSuppressedDestinationCommand,
  ListSuppressedDestinationsCommand,
  PutConfigurationSetSendingOptionsCommand,
  PutSuppressedDestinationCommand,
  DeleteSuppressedDestinationCommand,
  SendEmailCommand,
  SESv2Client,
  type SendEmailCommandInput,
} from '@aws-sdk/client-sesv2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { normalize } from '../../lambdas/ingest/normalize.ts';
import { awsConfig } from '../../local/aws.ts';
import type { SesEvent } from '../../sim/ses/events.ts';
import { startSesSimulator, type SesSimulator } from '../../local/ses-simulator.ts';

const FROM = 'you@yourdomain.example';
const AT = Date.parse('2026-02-25T12:00:00Z');
const TARGET = { configurationSet: 'our-set', topicArn: 'arn:aws:sns:us-east-1:000000000000:events' };

let published: SesEvent[];
let simulator: SesSimulator;
let client: SESv2Client;

beforeEach(async () => {
  published = [];
  let emails = 0;
  simulator = await startSesSimulator({
    from: FROM,
    now: () => AT,
    newUuid: () => `00000000-0000-4000-8000-${String((emails += 1)).padStart(12, '0')}`,
  });
  simulator.connect({
    ...TARGET,
    publish: async (event) => {
      published.push(event);
    },
  });
  client = new SESv2Client({ ...awsConfig(simulator.url), maxAttempts: 1 });
});
afterEach(async () => {
  client.destroy();
  await simulator.close();
});

function send(to: readonly string[], changes: Partial<SendEmailCommandInput> = {}) {
  return client.send(
    new SendEmailCommand({
      FromEmailAddress: `You <${FROM}>`,
      Destination: { ToAddresses: [...to] },
      Content: { Simple: { Subject: { Data: 'Hello' }, Body: { Text: { Data: 'Hello.' } } } },
      ConfigurationSetName: TARGET.configurationSet,
      ...changes,
    }),
  );
}

/** `recipient status` of each published event, parsed by the pipeline. */
function outcomes(): string[] {
  return published.flatMap((event) =>
    normalize(event).events.map((each) => `${each.to ?? '?'} ${each.event}`),
  );
}

async function calls(): Promise<{ operation: string; status: number }[]> {
  const response = await fetch(`${simulator.url}/_simulator/calls`);
  return ((await response.json()) as { calls: { operation: string; status: number }[] }).calls;
}

function makeFail(body: unknown): Promise<Response> {
  return fetch(`${simulator.url}/_simulator/fail`, { method: 'PUT', body: JSON.stringify(body) });
}

describe('the simulated SES', () => {
  it('refuses an unverified sender with the message of SES, and publishes no event', async () => {
    const refused = send(['a@b.example'], { FromEmailAddress: 'stranger@other.example' });
    await expect(refused).rejects.toMatchObject({
      name: 'MessageRejected',
      message:
        'Email address is not verified. The following identities failed the check in region US-EAST-1: stranger@other.example',
    });
    expect(published).toEqual([]);
  });

  it.each([
    ['an unknown configuration set', { ConfigurationSetName: 'other' }, 'NotFoundException'],
    ['an email without a recipient', { Destination: {} }, 'BadRequestException'],
    [
      'an email to 51 recipients',
      { Destination: { BccAddresses: Array.from({ length: 51 }, (_, n) => `${n}@b.example`) } },
      'BadRequestException',
    ],
  ])('refuses %s', async (_name, changes, name) => {
    await expect(send(['a@b.example'], changes)).rejects.toMatchObject({ name });
    expect(published).toEqual([]);
  });

  it('fails as often as a test requests', async () => {
    await makeFail({ error: 'TooManyRequestsException', times: 2 });
    const throttled = {
      name: 'TooManyRequestsException',
      message: 'Maximum sending rate exceeded.',
      $metadata: { httpStatusCode: 429 },
    };
    await expect(send(['a@b.example'])).rejects.toMatchObject(throttled);
    await expect(send(['a@b.example'])).rejects.toMatchObject(throttled);
    await send(['a@b.example']);
    expect((await calls()).map((call) => call.status)).toEqual([429, 429, 200]);
    expect((await makeFail({ error: 'NoSuchError' })).status).toBe(400);
  });

  it('accepts the email but closes the connection before the response, if a test requests it', async () => {
    await makeFail({ error: 'no_answer' });
    await expect(send(['a@b.example'])).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(outcomes()).toEqual(['a@b.example sent', 'a@b.example delivered']);
  });
});

describe('a simulated address', () => {
  it.each([
    ['success', ['sent', 'delivered']],
    ['bounce', ['sent', 'bounced']],
    ['ooto', ['sent', 'delivered', 'soft_bounced']],
    ['complaint', ['sent', 'delivered', 'complained']],
    ['suppressionlist', ['sent', 'suppressed']],
  ])('%s@ has the outcome that it names, also with a label', async (name, statuses) => {
    for (const to of [
      `${name}@simulator.amazonses.com`,
      `${name}+label@Simulator.AmazonSES.com`,
      `${name}@customer.example`,
      `${name.toUpperCase()}+17@mail.customer.Example`,
      `${name}+a+b@example`,
    ]) {
      published = [];
      await send([to]);
      expect(outcomes()).toEqual(statuses.map((status) => `${to} ${status}`));
    }
  });

  it.each([
    'constructor@customer.example',
    '__proto__@customer.example',
    'bounced@customer.example',
    'bounce.1@customer.example',
    'ann+bounce@customer.example',
    'bounce@example.com',
    'bounce@customer.examples',
    'bounce@customerexample',
    'bounce@customer.example.com',
    'bounce@amazonses.com',
    'bounce@notsimulator.amazonses.com',
  ])('%s names no outcome, so the email is delivered', async (to) => {
    await send([to]);
    expect(outcomes()).toEqual([`${to} sent`, `${to} delivered`]);
  });

  it('bounces with the diagnostic code of the mail server', async () => {
    await send(['bounce@simulator.amazonses.com']);
    expect(published[1]).toMatchObject({
      eventType: 'Bounce',
      bounce: {
        bounceType: 'Permanent',
        bounceSubType: 'General',
        bouncedRecipients: [{ status: '5.1.1', diagnosticCode: 'smtp; 550 5.1.1 user unknown' }],
      },
    });
  });

  it('has its own outcome among other recipients, and SES publishes one event for a shared outcome', async () => {
    await send(['a@b.example', 'bounce+1@simulator.amazonses.com'], {
      Destination: {
        ToAddresses: ['a@b.example', 'bounce+1@simulator.amazonses.com'],
        CcAddresses: ['complaint@simulator.amazonses.com'],
        BccAddresses: ['bounce+2@simulator.amazonses.com'],
      },
    });
    expect(published.map((event) => event.eventType)).toEqual(['Send', 'Delivery', 'Bounce', 'Complaint']);
    expect(outcomes()).toEqual([
      'a@b.example sent',
      'bounce+1@simulator.amazonses.com sent',
      'complaint@simulator.amazonses.com sent',
      'bounce+2@simulator.amazonses.com sent',
      'a@b.example delivered',
      'complaint@simulator.amazonses.com delivered',
      'bounce+1@simulator.amazonses.com bounced',
      'bounce+2@simulator.amazonses.com bounced',
      'complaint@simulator.amazonses.com complained',
    ]);
  });
});

describe('an email', () => {
  it('gets an id in the format of SES, and its events contain its subject, tags and configuration set', async () => {
    const { MessageId } = await send(['a@b.example'], {
      EmailTags: [
        { Name: 'ivymail_workspace', Value: 'ws_x' },
        { Name: 'campaign', Value: 'spring' },
      ],
    });
    expect(MessageId).toMatch(/^[0-9a-f]{16}-[0-9a-f-]{36}-000000$/);
    const { workspaceHints: claims, events } = normalize(published[1] ?? {});
    expect(claims).toEqual({ workspaceTag: 'ws_x', configurationSet: 'our-set' });
    expect(events).toMatchObject([
      { message_id: MessageId, from: FROM, subject: 'Hello', tags: [['campaign', 'spring']] },
    ]);
  });

  it('that is sent as MIME is parsed for its recipients and its subject', async () => {
    const mime = [
      `From: You <${FROM}>`,
      'To: "Doe, Jane" <jane@b.example>,',
      ' success@simulator.amazonses.com',
      'Subject: Raw',
      '',
      'Body',
    ].join('\r\n');
    const request = new SendEmailCommand({
      Content: { Raw: { Data: Buffer.from(mime) } },
      ConfigurationSetName: TARGET.configurationSet,
    });
    await client.send(request);
    expect(outcomes().slice(0, 2)).toEqual(['jane@b.example sent', 'success@simulator.amazonses.com sent']);
    expect(normalize(published[0] ?? {}).events[0]).toMatchObject({ from: FROM, subject: 'Raw' });
  });

  it('with the EICAR test file is accepted, then rejected', async () => {
    const mime = `From: ${FROM}\r\nTo: a@b.example\r\n\r\nX5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`;
    const Content = { Raw: { Data: Buffer.from(mime) } };
    await send(['a@b.example'], { Content });
    expect(outcomes()).toEqual(['a@b.example sent', 'a@b.example failed']);
  });

  it('can have attachments, which are scanned like the email itself', async () => {
    const eicar = String.raw`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`;
    for (const [content, status] of [
      ['Hello.', 'delivered'],
      [eicar, 'failed'],
    ] as const) {
      published = [];
      const Attachments = [{ FileName: 'a.txt', RawContent: Buffer.from(content) }];
      const Simple = { Subject: { Data: 'Hello' }, Body: { Text: { Data: 'Hello.' } }, Attachments };
      await send(['a@b.example'], { Content: { Simple } });
      expect(outcomes()).toEqual(['a@b.example sent', `a@b.example ${status}`]);
    }
  });

  it.each([
    ['a name that is too long', { FileName: 'x'.repeat(256) }],
    ['no content', { RawContent: new Uint8Array() }],
    ['a content id that is too long', { ContentId: 'x'.repeat(79) }],
  ])('whose attachment has %s is refused', async (_name, changes) => {
    const Attachments = [{ FileName: 'a.txt', RawContent: Buffer.from('a'), ...changes }];
    const Simple = { Subject: { Data: 'Hello' }, Body: { Text: { Data: 'Hello.' } }, Attachments };
    await expect(send(['a@b.example'], { Content: { Simple } })).rejects.toMatchObject({
      name: 'BadRequestException',
    });
  });

  it('without a configuration set is sent without events', async () => {
    const request = { FromEmailAddress: FROM, Destination: { ToAddresses: ['a@b.example'] } };
    const Content = { Simple: { Subject: { Data: 'Hello' }, Body: { Text: { Data: 'Hello.' } } } };
    expect(await client.send(new SendEmailCommand({ ...request, Content }))).toHaveProperty('MessageId');
    expect(published).toEqual([]);
  });
});

describe('a configuration set whose sending is disabled', () => {
  const NAME = { ConfigurationSetName: TARGET.configurationSet };
  const enable = (SendingEnabled: boolean) =>
    client.send(new PutConfigurationSetSendingOptionsCommand({ ...NAME, SendingEnabled }));
  const read = () => client.send(new GetConfigurationSetCommand(NAME));

  it('refuses email until sending is enabled again, which restarts its reputation metrics', async () => {
    expect((await read()).ReputationOptions?.LastFreshStart).toBeUndefined();
    await enable(true);
    await enable(false);
    await expect(send(['a@b.example'])).rejects.toMatchObject({ name: 'SendingPausedException' });
    expect(await read()).toMatchObject({ SendingOptions: { SendingEnabled: false } });
    expect((await read()).ReputationOptions?.LastFreshStart).toBeUndefined();
    await enable(true);
    expect(await send(['a@b.example'])).toHaveProperty('MessageId');
    expect(await read()).toMatchObject({
      SendingOptions: { SendingEnabled: true },
      ReputationOptions: { LastFreshStart: new Date(AT) },
    });
    expect(published.length).toBeGreaterThan(0);
  });

  it('must exist', async () => {
    const unknown = new PutConfigurationSetSendingOptionsCommand({ ConfigurationSetName: 'other' });
    await expect(client.send(unknown)).rejects.toMatchObject({ name: 'NotFoundException' });
  });
});

describe('the account', () => {
  it('returns its only identity, its quota and its event destination', async () => {
    const verified = await client.send(new GetEmailIdentityCommand({ EmailIdentity: FROM }));
    expect(verified.VerifiedForSendingStatus).toBe(true);
    const stranger = client.send(new GetEmailIdentityCommand({ EmailIdentity: 'x@y.example' }));
    await expect(stranger).rejects.toMatchObject({ name: 'NotFoundException' });
    await send(['a@b.example', 'c@d.example']);
    expect(await client.send(new GetAccountCommand({}))).toMatchObject({
      EnforcementStatus: 'HEALTHY',
      ProductionAccessEnabled: true,
      SendingEnabled: true,
      SendQuota: { Max24HourSend: 50_000, SentLast24Hours: 2 },
    });
    const destinations = await client.send(
      new GetConfigurationSetEventDestinationsCommand({ ConfigurationSetName: TARGET.configurationSet }),
    );
    expect(destinations.EventDestinations?.[0]?.SnsDestination?.TopicArn).toBe(TARGET.topicArn);
    expect((await calls()).map((call) => call.operation)).toEqual([
      'GetEmailIdentity',
      'GetEmailIdentity',
      'SendEmail',
      'GetAccount',
      'GetConfigurationSetEventDestinations',
    ]);
  });

  it('accepts an email to an address on its suppression list, and suppresses it for the reason in the list', async () => {
    for (const [EmailAddress, Reason] of [
      ['bad+tag@b.example', 'BOUNCE'],
      ['angry@b.example', 'COMPLAINT'],
    ] as const) {
      await client.send(new PutSuppressedDestinationCommand({ EmailAddress, Reason }));
    }
    const listed = await client.send(new ListSuppressedDestinationsCommand({}));
    expect(listed.SuppressedDestinationSummaries).toHaveLength(2);
    const entry = await client.send(
      new GetSuppressedDestinationCommand({ EmailAddress: 'bad+tag@B.example' }),
    );
    expect(entry.SuppressedDestination).toMatchObject({ Reason: 'BOUNCE', LastUpdateTime: new Date(AT) });

    await send(['bad+tag@b.example', 'angry@b.example']);
    expect(outcomes().slice(2)).toEqual(['bad+tag@b.example suppressed', 'angry@b.example suppressed']);

    await client.send(new DeleteSuppressedDestinationCommand({ EmailAddress: 'bad+tag@b.example' }));
    published = [];
    await send(['bad+tag@b.example']);
    expect(outcomes()).toEqual(['bad+tag@b.example sent', 'bad+tag@b.example delivered']);
  });
});
