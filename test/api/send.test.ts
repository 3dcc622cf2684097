import { describe, expect, it } from 'vitest';
import { InternalError } from '../../lambdas/core/errors.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';
import { setUpApi, type ApiResponse, type TestApi } from './harness.ts';

const EMAIL = { from: 'You <you@example.com>', to: ['ann@example.com'], subject: 'Hello', text: 'Hi' };

function send({ sendRequest }: TestApi, changes: object = {}): Promise<ApiResponse> {
  return sendRequest({ method: 'POST', path: '/v1/send', body: { ...EMAIL, ...changes }, scopes: ['send'] });
}

async function suppress({ sendRequest }: TestApi, address: string, reason = 'manual'): Promise<void> {
  await sendRequest({ method: 'POST', path: '/v1/suppressions', body: { address, reason } });
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
    [{ to: 'ann' }, 'to'],
    [{ to: '' }, 'to'],
    [{ cc: 5 }, 'cc'],
    [{ bcc: ['ann@example.com', 5] }, 'bcc[1]'],
    [{ reply_to: ['ann@example.com', 'bob'] }, 'reply_to[1]'],
    [{ to: 'ann@example.com, bob@example.com' }, 'to'],
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
    [{ tags: { ivymail_send: 'ivm_a' } }, 'tags.ivymail_send'],
    [{ subject: 'half \ud800' }, 'subject'],
    [{ text: 'half \udc00' }, 'text'],
    [{ html: '\ud83d' }, 'html'],
    [{ from: '\ud83d <you@example.com>' }, 'from'],
    [{ tags: { campaign: '\ud83d' } }, 'tags.campaign'],
    [{ headers: { 'X-A': '\ud83d' } }, 'headers.X-A'],
  ])('%j, naming the field', async (changes, field) => {
    const api = setUpApi();
    expect(await send(api, changes)).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid_field', field } },
    });
    expect(api.emails).toEqual([]);
    expect(api.rows('event')).toEqual([]);
  });
});

const FILE = { filename: 'a.txt', content: 'YQ==' };

describe('an attachment is refused', () => {
  it.each([
    ['content', { content: undefined }],
    ['content', { content: '' }],
    ['content', { content: 'YQ' }],
    ['content', { content: 'YR==' }],
    ['content', { content: 'YQ ==' }],
    ['content', { content: 'Y Q=\n=' }],
    ['content', { content: ' \r\n ' }],
    ['content', { content: 'Y-_Q' }],
    ['content', { content: 'data:text/plain;base64,YQ==' }],
    ['filename', { filename: undefined }],
    ['filename', { filename: '' }],
    ['filename', { filename: '..' }],
    ['filename', { filename: '../etc/passwd' }],
    ['filename', { filename: String.raw`C:\a.txt` }],
    ['filename', { filename: 'a"; name="b' }],
    ['filename', { filename: 'a.txt\r\nX-Header: b' }],
    ['filename', { filename: 'a\u0085b' }],
    ['filename', { filename: 'invoice\u202efdp.exe' }],
    ['filename', { filename: 'a\ud800' }],
    ['filename', { filename: 'x'.repeat(256) }],
    ['content_type', { content_type: 'text' }],
    ['content_type', { content_type: 'text/plain\r\nX: y' }],
    ['content_type', { content_type: `text/${'x'.repeat(74)}` }],
    ['content_id', { content_id: '<logo>' }],
    ['content_id', { content_id: '' }],
    ['content_id', { content_id: 'x'.repeat(79) }],
    ['disposition', { disposition: 'none' }],
    ['name', { name: 'a.txt' }],
  ])('for its %s: %j', async (field, changes) => {
    const api = setUpApi();
    expect(await send(api, { attachments: [FILE, { ...FILE, ...changes }] })).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid_field', field: `attachments[1].${field}` } },
    });
    expect(api.emails).toEqual([]);
  });

  it('beyond the fiftieth', async () => {
    const attachments = Array.from({ length: 51 }, () => FILE);
    expect(await send(setUpApi(), { attachments })).toMatchObject({
      status: 422,
      body: { error: { field: 'attachments' } },
    });
    expect((await send(setUpApi(), { attachments: attachments.slice(1) })).status).toBe(202);
  });
});

describe('an attachment', () => {
  it('goes to SES byte for byte, with its name, type, id and place', async () => {
    const api = setUpApi();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await send(api, {
      attachments: [
        { filename: 'Rechnung Nr. 5 (für Ann).pdf', content: bytes.toString('base64') },
        {
          filename: 'logo.png',
          content: 'YQ==',
          content_type: 'image/png; name=logo.png',
          content_id: 'logo@example.com',
          disposition: 'inline',
        },
      ],
    });
    expect(api.emails[0]?.Content.Simple['Attachments']).toEqual([
      {
        FileName: 'Rechnung Nr. 5 (für Ann).pdf',
        RawContent: bytes,
        ContentDisposition: 'ATTACHMENT',
        ContentTransferEncoding: 'BASE64',
      },
      {
        FileName: 'logo.png',
        RawContent: Buffer.from('a'),
        ContentDisposition: 'INLINE',
        ContentTransferEncoding: 'BASE64',
        ContentType: 'image/png; name=logo.png',
        ContentId: 'logo@example.com',
      },
    ]);
  });

  it('is not named to SES where there is none', async () => {
    const api = setUpApi();
    await send(api);
    expect(api.emails[0]?.Content.Simple).not.toHaveProperty('Attachments');
  });

  it('of three million bytes is taken', async () => {
    const api = setUpApi();
    const content = Buffer.alloc(3_000_000, 7).toString('base64');
    expect((await send(api, { attachments: [{ ...FILE, content }] })).status).toBe(202);
  });
});

describe('a mail', () => {
  it('goes to SES with the configuration set and the tag of the workspace', async () => {
    const api = setUpApi();
    const response = await send(api, {
      cc: ['Bob <bob@example.com>'],
      bcc: ['c@example.com'],
      tags: { campaign: 'spring' },
      headers: { 'X-A': 'b' },
    });
    expect(response).toMatchObject({
      status: 202,
      body: {
        message_id: '0100019c-1',
        accepted: ['ann@example.com', 'bob@example.com', 'c@example.com'],
        suppressed: [],
      },
    });
    expect(api.emails).toMatchObject([
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
    expect(api.rows('event')).toEqual([]);
  });

  it('to a listed address, whatever its case, calls nobody: suppressed, under an id of ours', async () => {
    const api = setUpApi();
    await suppress(api, 'ann@example.com', 'complaint');
    const response = await send(api, { to: ['Ann <ANN@example.com>'], tags: { campaign: 'spring' } });
    expect(response).toMatchObject({ status: 202, body: { accepted: [], suppressed: ['ANN@example.com'] } });
    expect(response.body.message_id).toMatch(/^ivm_[a-z2-7]{26}$/);
    expect(api.emails).toEqual([]);
    expect(api.rows('event')).toMatchObject([
      {
        event: 'suppressed',
        to: 'ANN@example.com',
        from: 'you@example.com',
        subject: 'Hello',
        tags: ['campaign', 'spring'],
        details: { suppression_reason: 'complaint' },
      },
    ]);
  });

  it('with a plus tag is another address', async () => {
    const api = setUpApi();
    await suppress(api, 'ann@example.com');
    expect((await send(api, { to: ['ann+x@example.com'] })).body).toMatchObject({
      accepted: ['ann+x@example.com'],
      suppressed: [],
    });
  });

  it('reaches nobody by way of a name', async () => {
    const api = setUpApi();
    await suppress(api, 'sup@example.com');
    const response = await send(api, { to: ['sup@example.com, Bob <ann@example.com>'] });
    expect(response.body).toMatchObject({ accepted: ['ann@example.com'], suppressed: [] });
    expect(api.emails[0]?.Destination.ToAddresses).toEqual(['"sup@example.com, Bob" <ann@example.com>']);
  });

  it('to some that are listed goes to the others, and all are logged under SES’s id', async () => {
    const api = setUpApi();
    await suppress(api, 'bob@example.com');
    const response = await send(api, { cc: ['bob@example.com', 'cy@example.com'] });
    expect(response.body).toMatchObject({
      message_id: '0100019c-1',
      accepted: ['ann@example.com', 'cy@example.com'],
      suppressed: ['bob@example.com'],
    });
    expect(api.emails[0]?.Destination).toEqual({
      ToAddresses: ['ann@example.com'],
      CcAddresses: ['cy@example.com'],
      BccAddresses: [],
    });
    expect(api.rows('event')).toMatchObject([
      { event: 'suppressed', to: 'bob@example.com', pk: expect.stringContaining('0100019c-1') },
    ]);
  });

  it('is not kept from another workspace’s recipients', async () => {
    const api = setUpApi();
    await suppress(api, 'ann@example.com');
    const response = await api.sendRequest({
      method: 'POST',
      path: '/v1/send',
      body: EMAIL,
      workspaceId: `ws_${'b'.repeat(26)}`,
    });
    expect(response.body).toMatchObject({ accepted: ['ann@example.com'] });
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
    const api = setUpApi();
    api.state.sesError = error;
    const response = await send(api, { to: ['ann@example.com', 'bob@example.com'] });
    expect(response).toMatchObject({
      status: 422,
      body: { error: { code }, message_id: expect.stringMatching(/^ivm_[a-z2-7]{26}$/) },
    });
    expect(api.emails).toHaveLength(1);
    expect(api.rows('event')).toMatchObject([
      { event: 'failed', to: 'ann@example.com', details: { error_code: code, error_message: error.message } },
      { event: 'failed', to: 'bob@example.com', pk: expect.stringContaining(response.body.message_id) },
    ]);
  });
});

describe('a mail of which SES says who is not verified', () => {
  it.each([
    ['You <You@yourdomain.com>', 'you@yourdomain.com', 'from'],
    ['you@yourdomain.com', 'ann@example.com, You <you@yourdomain.com>', 'from'],
    ['you@yourdomain.com', 'thank-you@yourdomain.com', undefined],
    ['you@yourdomain.com', 'ann@example.com', undefined],
  ])('from %s, where it is %s, is refused with the field %s', async (from, unverified, field) => {
    const api = setUpApi();
    const words = `Email address is not verified. The following identities failed the check in region US-EAST-1: ${unverified}`;
    api.state.sesError = Object.assign(new Error(words), { name: 'MessageRejected' });
    const response = await send(api, { from });
    expect(response.body.error).toEqual({
      code: 'identity_not_verified',
      message: words,
      ...(field && { field }),
    });
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
    const api = setUpApi();
    api.state.sesError = error;
    const response = await send(api);
    expect(response).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    expect(api.rows('event')).toEqual([]);
    expect(api.emails).toHaveLength(1);
  });
});

describe('a mail of which SES says nothing', () => {
  it.each([
    Object.assign(new Error('timed out'), { name: 'TimeoutError' }),
    Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
    Object.assign(new Error('reset after a yes'), { code: 'ECONNRESET', $metadata: { httpStatusCode: 200 } }),
    Object.assign(new SyntaxError('half an answer'), { $metadata: { httpStatusCode: 200 } }),
  ])('after %s answers outcome_unknown, with no event and no second try', async (error) => {
    const api = setUpApi();
    api.state.sesError = error;
    expect(await send(api)).toMatchObject({ status: 503, body: { error: { code: 'outcome_unknown' } } });
    expect(api.emails).toHaveLength(1);
    expect(api.rows('event')).toEqual([]);
  });

  it('or that went out and could not be logged in full, says its id', async () => {
    const api = setUpApi();
    await suppress(api, 'bob@example.com');
    api.table.before = (command) => {
      if (command === 'BatchWriteCommand')
        throw Object.assign(new Error('refused'), { name: 'ValidationException' });
    };
    const response = await send(api, { cc: ['bob@example.com'] });
    expect(response).toMatchObject({
      status: 503,
      body: { error: { code: 'outcome_unknown', message: expect.stringContaining('0100019c-1') } },
    });
  });
});

describe('a mail that cannot be logged', () => {
  function unwritable(api: TestApi): void {
    api.table.before = (command) => {
      if (command === 'BatchWriteCommand') throw named('ValidationException');
    };
  }

  it('and that SES refused is answered with the refusal, which says so', async () => {
    const api = setUpApi();
    api.state.sesError = named('MessageRejected', 'Illegal attachment');
    unwritable(api);
    const response = await send(api);
    expect(response).toMatchObject({
      status: 422,
      body: {
        error: {
          code: 'message_rejected',
          message: expect.stringMatching(/^Illegal attachment .*could not be stored/),
        },
        message_id: expect.stringMatching(/^ivm_/),
      },
    });
    expect(response.loggedError).toBeInstanceOf(InternalError);
  });

  it('and goes to suppressed recipients only is outcome_unknown: part of it may be stored', async () => {
    const api = setUpApi();
    await suppress(api, 'ann@example.com');
    unwritable(api);
    const response = await send(api);
    expect(response).toMatchObject({ status: 503, body: { error: { code: 'outcome_unknown' } } });
    expect(response.headers).not.toHaveProperty('retry-after');
  });
});
