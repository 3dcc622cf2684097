import { describe, expect, it } from 'vitest';
import { WORKSPACE_ID } from '../builders/events.ts';
import { setUp, type Told } from './harness.ts';

const MAIL = { from: 'You <you@example.com>', to: ['ann@example.com'], subject: 'Hello', text: 'Hi' };
type World = ReturnType<typeof setUp>;

function send({ ask }: World, changes: object = {}): Promise<Told> {
  return ask({ method: 'POST', path: '/v1/send', body: { ...MAIL, ...changes }, scopes: ['send'] });
}

async function suppress({ ask }: World, address: string, reason = 'manual'): Promise<void> {
  await ask({ method: 'POST', path: '/v1/suppressions', body: { address, reason } });
}

function named(name: string, message = name): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });
}

describe('a mail is refused before SES is asked', () => {
  it.each([
    [{ from: 'nobody' }, 'from'],
    [{ from: 'a@example.com\r\nBcc: x@example.com' }, 'from'],
    [{ to: [] }, 'to'],
    [{ to: ['ann@example.com', 'bob'] }, 'to[1]'],
    [{ to: 'ann@example.com' }, 'to'],
    [{ to: Array.from({ length: 51 }, (_, index) => `a${index}@example.com`) }, 'to'],
    [{ cc: Array.from({ length: 50 }, (_, index) => `a${index}@example.com`) }, 'to'],
    [{ subject: '' }, 'subject'],
    [{ subject: 'two\nlines' }, 'subject'],
    [{ subject: 'x'.repeat(999) }, 'subject'],
    [{ text: undefined }, 'text'],
    [{ text: '' }, 'text'],
    [{ html: 1 }, 'html'],
    [{ headers: { Bcc: 'x@example.com' } }, 'headers.Bcc'],
    [{ headers: { 'X-SES-CONFIGURATION-SET': 'other' } }, 'headers.X-SES-CONFIGURATION-SET'],
    [{ headers: { 'X-Ok': 'a\r\nBcc: b@example.com' } }, 'headers.X-Ok'],
    [{ tags: { 'ses:from-domain': 'x' } }, 'tags.ses:from-domain'],
    [{ tags: { ivymail_workspace: WORKSPACE_ID } }, 'tags.ivymail_workspace'],
    [{ tags: { campaign: 'a b' } }, 'tags.campaign'],
  ])('%j, naming the field', async (changes, field) => {
    const world = setUp();
    expect(await send(world, changes)).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid_field', field } },
    });
    expect(world.mails).toEqual([]);
    expect(world.rows('event')).toEqual([]);
  });
});

describe('a mail', () => {
  it('goes to SES with the configuration set and the tag of the workspace', async () => {
    const world = setUp();
    const told = await send(world, {
      cc: ['Bob <bob@example.com>'],
      bcc: ['c@example.com'],
      tags: { campaign: 'spring' },
      headers: { 'X-A': 'b' },
    });
    expect(told).toMatchObject({
      status: 202,
      body: {
        message_id: '0100019c-1',
        accepted: ['ann@example.com', 'bob@example.com', 'c@example.com'],
        suppressed: [],
      },
    });
    expect(world.mails).toMatchObject([
      {
        FromEmailAddress: '"You" <you@example.com>',
        Destination: {
          ToAddresses: ['ann@example.com'],
          CcAddresses: ['"Bob" <bob@example.com>'],
          BccAddresses: ['c@example.com'],
        },
        ConfigurationSetName: 'IvyMailEvents',
        EmailTags: [
          { Name: 'campaign', Value: 'spring' },
          { Name: 'ivymail_workspace', Value: WORKSPACE_ID },
        ],
      },
    ]);
    // What becomes of it, SES will tell.
    expect(world.rows('event')).toEqual([]);
  });

  it('to a listed address, whatever its case, calls nobody: suppressed, under an id of ours', async () => {
    const world = setUp();
    await suppress(world, 'ann@example.com', 'complaint');
    const told = await send(world, { to: ['Ann <ANN@example.com>'], tags: { campaign: 'spring' } });
    expect(told).toMatchObject({ status: 202, body: { accepted: [], suppressed: ['ANN@example.com'] } });
    expect(told.body.message_id).toMatch(/^ivm_[a-z2-7]{26}$/);
    expect(world.mails).toEqual([]);
    expect(world.rows('event')).toMatchObject([
      {
        event: 'suppressed',
        to: 'ANN@example.com',
        from: 'you@example.com',
        subject: 'Hello',
        tags: { campaign: 'spring' },
        details: { suppression_reason: 'complaint' },
      },
    ]);
  });

  it('with a plus tag is another address', async () => {
    const world = setUp();
    await suppress(world, 'ann@example.com');
    expect((await send(world, { to: ['ann+x@example.com'] })).body).toMatchObject({
      accepted: ['ann+x@example.com'],
      suppressed: [],
    });
  });

  it('reaches nobody by way of a name', async () => {
    const world = setUp();
    await suppress(world, 'sup@example.com');
    const told = await send(world, { to: ['sup@example.com, Bob <ann@example.com>'] });
    expect(told.body).toMatchObject({ accepted: ['ann@example.com'], suppressed: [] });
    expect(world.mails[0]?.Destination.ToAddresses).toEqual(['"sup@example.com, Bob" <ann@example.com>']);
  });

  it('to some that are listed goes to the others, and all are logged under SES’s id', async () => {
    const world = setUp();
    await suppress(world, 'bob@example.com');
    const told = await send(world, { cc: ['bob@example.com', 'cy@example.com'] });
    expect(told.body).toMatchObject({
      message_id: '0100019c-1',
      accepted: ['ann@example.com', 'cy@example.com'],
      suppressed: ['bob@example.com'],
    });
    expect(world.mails[0]?.Destination).toEqual({
      ToAddresses: ['ann@example.com'],
      CcAddresses: ['cy@example.com'],
      BccAddresses: [],
    });
    expect(world.rows('event')).toMatchObject([
      { event: 'suppressed', to: 'bob@example.com', pk: expect.stringContaining('0100019c-1') },
    ]);
  });

  it('is not kept from another workspace’s recipients', async () => {
    const world = setUp();
    await suppress(world, 'ann@example.com');
    const told = await world.ask({
      method: 'POST',
      path: '/v1/send',
      body: MAIL,
      workspaceId: `ws_${'b'.repeat(26)}`,
    });
    expect(told.body).toMatchObject({ accepted: ['ann@example.com'] });
  });
});

describe('a mail that SES refuses for good', () => {
  it.each([
    [
      named('MessageRejected', 'Email address is not verified. The following identities failed the check: x'),
      'identity_not_verified',
    ],
    [named('MessageRejected', 'Illegal attachment'), 'message_rejected'],
    [named('MailFromDomainNotVerifiedException'), 'identity_not_verified'],
    [named('BadRequestException'), 'message_rejected'],
    [named('NotFoundException'), 'message_rejected'],
    [named('AccessDeniedException'), 'message_rejected'],
    [named('AccountSuspendedException'), 'sending_paused'],
    [named('SendingPausedException'), 'sending_paused'],
    [named('LimitExceededException', 'Daily message quota exceeded.'), 'quota_exceeded'],
    [named('ThrottlingException', 'Daily message quota exceeded.'), 'quota_exceeded'],
  ])('%s answers 422 %s, and is logged as failed for each recipient', async (error, code) => {
    const world = setUp();
    world.world.sesError = error;
    const told = await send(world, { to: ['ann@example.com', 'bob@example.com'] });
    expect(told).toMatchObject({
      status: 422,
      body: { error: { code }, message_id: expect.stringMatching(/^ivm_[a-z2-7]{26}$/) },
    });
    expect(world.mails).toHaveLength(1);
    expect(world.rows('event')).toMatchObject([
      { event: 'failed', to: 'ann@example.com', details: { error_code: code, error_message: error.message } },
      { event: 'failed', to: 'bob@example.com', pk: expect.stringContaining(told.body.message_id) },
    ]);
  });
});

describe('a mail that SES does not take now', () => {
  it.each([
    named('TooManyRequestsException'),
    named('ThrottlingException'),
    Object.assign(new Error('broken'), {
      name: 'InternalServiceErrorException',
      $metadata: { httpStatusCode: 500 },
    }),
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  ])('by %s answers 503 with Retry-After, and no event', async (error) => {
    const world = setUp();
    world.world.sesError = error;
    const told = await send(world);
    expect(told).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    expect(Number(told.headers['retry-after'])).toBeGreaterThan(0);
    expect(world.rows('event')).toEqual([]);
    expect(world.mails).toHaveLength(1);
  });
});

describe('a mail of which SES says nothing', () => {
  it.each([
    Object.assign(new Error('timed out'), { name: 'TimeoutError' }),
    Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
    Object.assign(new Error('reset after a yes'), { code: 'ECONNRESET', $metadata: { httpStatusCode: 200 } }),
    Object.assign(new SyntaxError('half an answer'), { $metadata: { httpStatusCode: 200 } }),
  ])('after %s answers outcome_unknown, with no event and no second try', async (error) => {
    const world = setUp();
    world.world.sesError = error;
    expect(await send(world)).toMatchObject({ status: 503, body: { error: { code: 'outcome_unknown' } } });
    expect(world.mails).toHaveLength(1);
    expect(world.rows('event')).toEqual([]);
  });

  it('or that went out and could not be logged in full, says its id', async () => {
    const world = setUp();
    await suppress(world, 'bob@example.com');
    world.table.before = (command) => {
      if (command === 'BatchWriteCommand')
        throw Object.assign(new Error('refused'), { name: 'ValidationException' });
    };
    const told = await send(world, { cc: ['bob@example.com'] });
    expect(told).toMatchObject({
      status: 503,
      body: { error: { code: 'outcome_unknown', message: expect.stringContaining('0100019c-1') } },
    });
  });
});
