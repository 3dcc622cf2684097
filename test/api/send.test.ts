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

function awsError(name: string, message = name): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });
}

describe('an email is refused without a call to SES', () => {
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
  ])('for %j, and the error names the field', async (changes, field) => {
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

  it('if the email has 50 attachments already', async () => {
    const attachments = Array.from({ length: 51 }, () => FILE);
    expect(await send(setUpApi(), { attachments })).toMatchObject({
      status: 422,
      body: { error: { field: 'attachments' } },
    });
    expect((await send(setUpApi(), { attachments: attachments.slice(1) })).status).toBe(202);
  });
});

describe('an attachment', () => {
  it('is passed to SES byte for byte, with its file name, type, content id and disposition', async () => {
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

  it('is not in the SES request of an email without attachments', async () => {
    const api = setUpApi();
    await send(api);
    expect(api.emails[0]?.Content.Simple).not.toHaveProperty('Attachments');
  });

  it('may have three million bytes', async () => {
    const api = setUpApi();
    const content = Buffer.alloc(3_000_000, 7).toString('base64');
    expect((await send(api, { attachments: [{ ...FILE, content }] })).status).toBe(202);
  });
});

describe('an email', () => {
  it('is passed to SES with the configuration set and the tag of the workspace', async () => {
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
    // The API stores no event, because SES publishes the events of an accepted email.
    expect(api.rows('event')).toEqual([]);
  });

  it('to a suppressed address, in any case, is not sent, and is logged under an id of the API', async () => {
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
        // Statistics count the event under the configuration set of the send.
        set: 'IvyMailEvents',
        details: { suppression_reason: 'complaint' },
      },
    ]);
  });

  it('to an address with a plus tag is sent although the address without the tag is suppressed', async () => {
    const api = setUpApi();
    await suppress(api, 'ann@example.com');
    expect((await send(api, { to: ['ann+x@example.com'] })).body).toMatchObject({
      accepted: ['ann+x@example.com'],
      suppressed: [],
    });
  });

  it('is not sent to an address in a display name', async () => {
    const api = setUpApi();
    await suppress(api, 'sup@example.com');
    const response = await send(api, { to: ['sup@example.com, Bob <ann@example.com>'] });
    expect(response.body).toMatchObject({ accepted: ['ann@example.com'], suppressed: [] });
    expect(api.emails[0]?.Destination.ToAddresses).toEqual(['"sup@example.com, Bob" <ann@example.com>']);
  });

  it('to some suppressed recipients is sent to the others, and is logged under the message id of SES', async () => {
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

  it('is sent although another workspace suppresses the recipient', async () => {
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

describe('an email that SES refuses permanently', () => {
  it.each([
    [
      awsError(
        'MessageRejected',
        'Email address is not verified. The following identities failed the check: x',
      ),
      'identity_not_verified',
    ],
    [awsError('MessageRejected', 'Illegal attachment'), 'message_rejected'],
    [awsError('MailFromDomainNotVerifiedException'), 'identity_not_verified'],
    [awsError('BadRequestException'), 'message_rejected'],
    [awsError('NotFoundException'), 'message_rejected'],
    [awsError('AccessDeniedException'), 'message_rejected'],
    [awsError('AccountSuspendedException'), 'sending_paused'],
    [awsError('SendingPausedException'), 'sending_paused'],
    [awsError('LimitExceededException', 'Daily message quota exceeded.'), 'quota_exceeded'],
    [awsError('ThrottlingException', 'Daily message quota exceeded.'), 'quota_exceeded'],
  ])('with %s returns 422 %s, and is logged as failed for each recipient', async (error, code) => {
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

describe('an email with an unverified identity', () => {
  it.each([
    ['You <You@yourdomain.com>', 'you@yourdomain.com', 'from'],
    ['you@yourdomain.com', 'ann@example.com, You <you@yourdomain.com>', 'from'],
    ['you@yourdomain.com', 'thank-you@yourdomain.com', undefined],
    ['you@yourdomain.com', 'ann@example.com', undefined],
  ])('from %s, where SES names %s, is refused with the field %s', async (from, unverified, field) => {
    const api = setUpApi();
    const message = `Email address is not verified. The following identities failed the check in region US-EAST-1: ${unverified}`;
    api.state.sesError = Object.assign(new Error(message), { name: 'MessageRejected' });
    const response = await send(api, { from });
    expect(response.body.error).toEqual({
      code: 'identity_not_verified',
      message,
      ...(field && { field }),
    });
  });
});

describe('an email that SES refuses temporarily', () => {
  it.each([
    awsError('TooManyRequestsException'),
    awsError('ThrottlingException'),
    Object.assign(new Error('broken'), {
      name: 'InternalServiceErrorException',
      $metadata: { httpStatusCode: 500 },
    }),
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  ])('with %s returns 503 with Retry-After and logs no event', async (error) => {
    const api = setUpApi();
    api.state.sesError = error;
    const response = await send(api);
    expect(response).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    expect(api.rows('event')).toEqual([]);
    expect(api.emails).toHaveLength(1);
  });
});

describe('an email whose outcome is unknown', () => {
  it.each([
    Object.assign(new Error('timed out'), { name: 'TimeoutError' }),
    Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
    Object.assign(new Error('reset after status 200'), {
      code: 'ECONNRESET',
      $metadata: { httpStatusCode: 200 },
    }),
    Object.assign(new SyntaxError('incomplete response'), { $metadata: { httpStatusCode: 200 } }),
  ])('after %s returns outcome_unknown, logs no event and is not sent again', async (error) => {
    const api = setUpApi();
    api.state.sesError = error;
    expect(await send(api)).toMatchObject({ status: 503, body: { error: { code: 'outcome_unknown' } } });
    expect(api.emails).toHaveLength(1);
    expect(api.rows('event')).toEqual([]);
  });

  it('returns its message id if SES accepted it but the log could not be written', async () => {
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

describe('an email that cannot be logged', () => {
  function failEventWrites(api: TestApi): void {
    api.table.before = (command) => {
      if (command === 'BatchWriteCommand') throw awsError('ValidationException');
    };
  }

  it('returns the refusal of SES and states that the event could not be stored', async () => {
    const api = setUpApi();
    api.state.sesError = awsError('MessageRejected', 'Illegal attachment');
    failEventWrites(api);
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

  it('to suppressed recipients only returns outcome_unknown, because part of it may be stored', async () => {
    const api = setUpApi();
    await suppress(api, 'ann@example.com');
    failEventWrites(api);
    const response = await send(api);
    expect(response).toMatchObject({ status: 503, body: { error: { code: 'outcome_unknown' } } });
    expect(response.headers).not.toHaveProperty('retry-after');
  });
});
