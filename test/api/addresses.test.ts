/** An address that the log shows can be looked up, suppressed and removed, in each form that a client may write it in. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { KIND } from '../../lambdas/store/keys.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { findSuppressions } from '../../lambdas/store/suppressions.ts';
import { anEvent } from '../../sim/builders/events.ts';
import { setUpApiWithBounces } from './api-with-bounces.ts';
import type { SimulatedTable } from '../../sim/table.ts';
import { NOW_MS, setUpApi, type ApiRequest, type ApiResponse, type TestApi } from './harness.ts';

const LIST = '/v1/suppressions';
const atPath = (address: string): string => `${LIST}/${encodeURIComponent(address)}`;
const addressesOf = (response: ApiResponse): string[] =>
  response.body.data.map(({ address }: { address: string }) => address);
const recipientsOf = (response: ApiResponse): string[] =>
  response.body.data.map(({ to }: { to: string }) => to);

/** Addresses as SES may report them, beside what anybody would expect. */
const STORED = [
  '"john doe"@example.com',
  String.raw`"a\"b\\c"@example.com`,
  'josé@example.com',
  'user@例え.テスト',
  'USER@例え.テスト',
  'josé@例え.テスト',
  'user@xn--r8jz45g.xn--zckzah',
  'user@[192.168.1.1]',
  'user@[IPv6:2001:db8::1]',
  'user@localhost',
  'undisclosed-recipients:;',
  'Undisclosed recipients:;',
  'Team: ann@example.com, bob@example.com;',
  'ann@example.com (Ann)',
  '<ann@example.com> (Ann)',
  'ann smith@example.com',
  'MAILER-DAEMON',
  'a/b@example.com',
  'a%2Fb@example.com',
  'a%252Fb@example.com',
  'a%b@example.com',
  'ann+x@example.com',
  'a?b#c@example.com',
  'a&b=c@example.com',
  '😀@example.com',
  'ﬁ@example.com',
  '..',
  '"tab\there"@example.com',
  `${'a'.repeat(64)}@${'b'.repeat(255)}`,
  `${'漢'.repeat(308)}@example.com`,
];

/** What comes of each thing that can be done with the address that the log shows after the bounce of an address. */
async function usesOf(given: string) {
  const { ask, table } = await setUpApiWithBounces(['zoe@example.com', given]);
  const all = await ask({ path: '/v1/send/logs' });
  const [shown = ''] = recipientsOf(all).filter((to) => to !== 'zoe@example.com');
  const logs = async (query: ApiRequest['query'] = {}) =>
    recipientsOf(await ask({ path: '/v1/send/logs', query }));
  const listed = async (query: ApiRequest['query'] = {}) => addressesOf(await ask({ path: LIST, query }));
  const suppressed = await findSuppressions(table, DEFAULT_WORKSPACE_ID, [shown]);
  const uses = {
    logged: await logs({ to: shown }),
    loggedOfMessage: await logs({ to: shown, message_id: '0100-bounced' }),
    atPath: (await ask({ path: atPath(shown) })).body.address as string,
    byQuery: await listed({ address: shown }),
    byPrefix: (await listed({ prefix: shown })).filter((address) => address === shown),
    inList: (await listed()).filter((address) => address === shown),
    keptFromSending: [...suppressed.values()].map(({ address }) => address),
    removed: (await ask({ method: 'DELETE', path: LIST, query: { address: shown } })).status,
    afterwards: (await ask({ path: atPath(shown) })).status,
    others: await listed(),
  };
  return { shown, uses };
}

function everyUse(shown: string): Awaited<ReturnType<typeof usesOf>>['uses'] {
  const only = [shown];
  return {
    logged: only,
    loggedOfMessage: only,
    atPath: shown,
    byQuery: only,
    byPrefix: only,
    inList: only,
    keptFromSending: only,
    removed: 204,
    afterwards: 404,
    others: ['zoe@example.com'],
  };
}

describe('an address that the log shows can be used everywhere', () => {
  it.each(STORED.map((address) => [address.length > 60 ? `${address.slice(0, 60)}…` : address, address]))(
    '%s',
    async (_shown, address) => {
      const { shown, uses } = await usesOf(address);
      expect(uses).toEqual(everyUse(shown));
    },
  );

  const part = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    fc.string({
      unit: fc.constantFrom(...Array.from('ab "\\()<>@.,:;/%+?#&[]\t\u0000éß漢😀ﬁ')),
      minLength: 1,
      maxLength: 20,
    }),
  );
  const anyAddress = fc.oneof(
    part,
    fc.tuple(part, part).map((parts) => parts.join('@')),
  );

  it('whatever ingest can store', async () => {
    await fc.assert(
      fc.asyncProperty(anyAddress, async (address) => {
        const { rows } = await setUpApiWithBounces([address]);
        const [row] = rows('event');
        // Ingest gives no recipient to what is blank.
        fc.pre(row?.['to'] !== undefined && row['to'] !== 'zoe@example.com');
        const { shown, uses } = await usesOf(address);
        expect(uses).toEqual(everyUse(shown));
      }),
    );
  });

  it.each(
    STORED.filter((address) => address !== 'MAILER-DAEMON' && address !== '..' && !address.includes('\t')),
  )('%s can be added by POST, and removed by its path', async (address) => {
    const { sendRequest } = setUpApi();
    const created = await sendRequest({ method: 'POST', path: LIST, body: { address } });
    expect(created).toMatchObject({ status: 201, body: { address } });
    expect((await sendRequest({ method: 'DELETE', path: atPath(address) })).status).toBe(204);
    expect(addressesOf(await sendRequest({ path: LIST }))).toEqual([]);
  });
});

describe('the list of suppressions', () => {
  it('goes over addresses of every script by the bytes of their UTF-8, there and back', async () => {
    const names = fc.uniqueArray(
      fc.string({
        unit: fc.constantFrom(...Array.from('aéﬁ\uffef\ue000漢😀\u{10fffd}')),
        minLength: 1,
        maxLength: 3,
      }),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(names, fc.integer({ min: 1, max: 4 }), async (locals, limit) => {
        const { sendRequest } = setUpApi();
        const added = locals.map((local) => `${local}@example.com`);
        for (const address of added)
          expect((await sendRequest({ method: 'POST', path: LIST, body: { address } })).status).toBe(201);
        const sorted = added.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
        const pages: string[][] = [];
        let response = await sendRequest({ path: LIST, query: { limit: String(limit) } });
        pages.push(addressesOf(response));
        while (response.body.next_cursor !== null) {
          const cursor = response.body.next_cursor as string;
          response = await sendRequest({ path: LIST, query: { limit: String(limit), cursor } });
          pages.push(addressesOf(response));
        }
        expect(pages.flat()).toEqual(sorted);
        const back: string[][] = [addressesOf(response)];
        while (response.body.prev_cursor !== null) {
          const cursor = response.body.prev_cursor as string;
          response = await sendRequest({ path: LIST, query: { limit: String(limit), cursor } });
          back.unshift(addressesOf(response));
        }
        expect(back).toEqual(pages);
      }),
    );
  });
});

describe('a Unicode domain and its punycode form are one address', () => {
  const SPELLINGS = [
    'ann@bücher.example',
    'Ann@BÜCHER.example',
    'ann@bu\u0308cher.example',
    'ann@xn--bcher-kva.example',
    'ANN@XN--BCHER-KVA.EXAMPLE',
  ];
  const PAIRS = SPELLINGS.flatMap((stored) => SPELLINGS.map((asked) => [stored, asked] as const));

  it.each(PAIRS)('stored as %s and asked for as %s', async (stored, asked) => {
    const { ask } = await setUpApiWithBounces([stored]);
    expect(recipientsOf(await ask({ path: '/v1/send/logs', query: { to: asked } }))).toEqual([stored]);
    expect((await ask({ path: atPath(asked) })).body).toMatchObject({ address: stored });
    expect(addressesOf(await ask({ path: LIST, query: { address: asked } }))).toEqual([stored]);
    expect(addressesOf(await ask({ path: LIST, query: { prefix: asked } }))).toEqual([stored]);
    const again = await ask({ method: 'POST', path: LIST, body: { address: asked } });
    expect(again.body).toMatchObject({ address: stored, reason: 'bounce' });
    expect(addressesOf(await ask({ path: LIST }))).toEqual([stored]);
    expect((await ask({ method: 'DELETE', path: LIST, query: { address: asked } })).status).toBe(204);
    expect(addressesOf(await ask({ path: LIST }))).toEqual([]);
  });

  it('in the timeline of a message', async () => {
    const { ask } = await setUpApiWithBounces(SPELLINGS.slice(0, 1).concat(SPELLINGS.slice(3, 4)));
    const { recipients } = (await ask({ path: '/v1/send/logs/0100-bounced' })).body;
    expect(recipients).toHaveLength(1);
    expect(recipients[0].events).toHaveLength(2);
  });

  it.each([
    ['ann@bü', true],
    ['ann@BÜCHER.ex', true],
    ['ann@xn--', true],
    ['ann@xn--bcher-kva.e', true],
    ['ann@xn--bd', false],
    ['ann@büd', false],
    ['an', true],
  ])('begins with %s: %s', async (prefix, found) => {
    for (const stored of SPELLINGS) {
      const { ask } = await setUpApiWithBounces([
        stored,
        'ann@aachen.example',
        'anna@bücher.example',
        'bob@bücher.example',
      ]);
      const listed = addressesOf(await ask({ path: LIST, query: { prefix } }));
      expect(listed.includes(stored)).toBe(found);
      expect(listed).not.toContain('bob@bücher.example');
    }
  });
});

/** What an earlier version stored: the address in lower case is the key, whatever its domain. */
function storedBefore(table: SimulatedTable, address: string): void {
  const form = address.trim().toLowerCase();
  const pk = `W#${DEFAULT_WORKSPACE_ID}#SUP`;
  const row = {
    pk,
    sk: form,
    kind: KIND.suppression,
    address,
    reason: 'bounce',
    created_at: '2026-01-01T00:00:00Z',
  };
  table.rows.set(`${pk}\n${form}`, row);
}

async function loggedBefore(table: SimulatedTable, address: string): Promise<void> {
  const event = anEvent({ workspace_id: DEFAULT_WORKSPACE_ID, to: address });
  const rows = eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS });
  await putRows(
    table,
    rows.map((row) => ({ ...row, g2pk: `R#${DEFAULT_WORKSPACE_ID}#${address.trim().toLowerCase()}` })),
  );
}

describe('what earlier versions stored under a Unicode domain', () => {
  const OLD = ['ann@bücher.example', 'Ann@Bücher.example', 'ann@bu\u0308cher.example'];
  const ASKED = [...OLD, 'ann@xn--bcher-kva.example', 'ANN@XN--BCHER-KVA.example'];
  const PAIRS = OLD.flatMap((stored) => ASKED.map((asked) => [stored, asked] as const));
  const own = (api: TestApi) => (request: ApiRequest) =>
    api.sendRequest({ ...request, workspaceId: DEFAULT_WORKSPACE_ID });

  it.each(PAIRS)('%s is found, suppresses and is removed as %s', async (stored, asked) => {
    const api = setUpApi();
    const ask = own(api);
    storedBefore(api.table, stored);
    await loggedBefore(api.table, stored);
    expect(recipientsOf(await ask({ path: '/v1/send/logs', query: { to: asked } }))).toEqual([stored]);
    expect((await ask({ path: atPath(asked) })).body).toMatchObject({ address: stored });
    expect(addressesOf(await ask({ path: LIST, query: { prefix: asked } }))).toEqual([stored]);

    const sent = await ask({
      method: 'POST',
      path: '/v1/send',
      body: { from: 'you@example.com', to: [asked], subject: 'Hello', text: 'Hi' },
    });
    expect(sent).toMatchObject({ status: 202, body: { accepted: [] } });
    expect(api.emails).toEqual([]);

    const again = await ask({ method: 'POST', path: LIST, body: { address: asked } });
    expect(again.body).toMatchObject({ address: stored, created_at: '2026-01-01T00:00:00Z' });
    expect(api.rows('suppression')).toHaveLength(1);
    expect((await ask({ method: 'DELETE', path: LIST, query: { address: asked } })).status).toBe(204);
    expect(api.rows('suppression')).toEqual([]);
  });

  it('is removed together with the row of the form that is stored now', async () => {
    const api = setUpApi();
    const ask = own(api);
    await ask({ method: 'POST', path: LIST, body: { address: 'ann@bücher.example' } });
    storedBefore(api.table, 'ann@bücher.example');
    expect(api.rows('suppression')).toHaveLength(2);
    expect((await ask({ method: 'DELETE', path: atPath('ann@xn--bcher-kva.example') })).status).toBe(204);
    expect(api.rows('suppression')).toEqual([]);
  });

  it('is logged on with new events in one list, newest first, page by page', async () => {
    const api = setUpApi();
    const ask = own(api);
    await loggedBefore(api.table, 'ann@bücher.example');
    for (const minute of [10, 20, 30]) {
      const event = anEvent({
        workspace_id: DEFAULT_WORKSPACE_ID,
        to: 'ann@xn--bcher-kva.example',
        timestamp: `2026-02-25T12:${minute}:00Z`,
      });
      await putRows(api.table, eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS }));
    }
    const query = { to: 'ann@bücher.example', limit: '3' };
    const first = await ask({ path: '/v1/send/logs', query });
    expect(recipientsOf(first)).toEqual(Array.from({ length: 3 }, () => 'ann@xn--bcher-kva.example'));
    const next = { ...query, cursor: first.body.next_cursor as string };
    expect(recipientsOf(await ask({ path: '/v1/send/logs', query: next }))).toEqual(['ann@bücher.example']);
  });

  it('costs an ASCII address no further read', async () => {
    const { table } = setUpApi();
    await findSuppressions(table, DEFAULT_WORKSPACE_ID, ['ann@example.com']);
    expect(table.calls).toHaveLength(1);
  });
});

describe('a path and a query', () => {
  const WORDS = ['a/b', 'a%2Fb', 'a%252Fb', 'a%b', 'a%', 'a+b', 'a?b', 'a#b', 'a&b', 'a;b', 'a b', '..', 'é'];

  it.each(WORDS)('name the same message %s', async (id) => {
    const { table, sendRequest } = setUpApi();
    const event = anEvent({ message_id: id });
    await putRows(table, eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS }));
    const timeline = await sendRequest({ path: `/v1/send/logs/${encodeURIComponent(id)}` });
    expect(timeline.body).toMatchObject({ message_id: id });
    const listed = await sendRequest({ path: '/v1/send/logs', query: { message_id: id } });
    expect(listed.body.data).toMatchObject([{ message_id: id }]);
  });

  it('decode a path exactly once, as API Gateway passes it on', async () => {
    const { sendRequest } = setUpApi();
    await sendRequest({ method: 'POST', path: LIST, body: { address: 'a%2Fb@example.com' } });
    expect((await sendRequest({ path: `${LIST}/a%252Fb@example.com` })).status).toBe(200);
    expect((await sendRequest({ path: `${LIST}/a%2Fb@example.com` })).status).toBe(404);
    expect((await sendRequest({ path: `${LIST}/a%25252Fb@example.com` })).status).toBe(404);
    // Not decoded by anybody: a `+` is no space in a path.
    await sendRequest({ method: 'POST', path: LIST, body: { address: 'a+b@example.com' } });
    expect((await sendRequest({ path: `${LIST}/a+b@example.com` })).status).toBe(200);
    expect((await sendRequest({ path: `${LIST}/a%2Bb@example.com` })).status).toBe(200);
  });
});

describe('DELETE /v1/suppressions', () => {
  it.each([
    ['no parameter', {}],
    ['an empty address', { address: '' }],
    ['a blank address', { address: ' ' }],
    ['only ses', { ses: 'true' }],
    ['a name in the address’s place', { adress: 'ann@example.com' }],
    ['two addresses', { address: ['ann@example.com', 'bob@example.com'] }],
    ['an address of more than 320 characters', { address: `${'a'.repeat(320)}@example.com` }],
    ['a prefix', { prefix: 'ann@' }],
  ])('with %s is 400 and removes nothing', async (_title, query) => {
    const { sendRequest, rows } = setUpApi();
    for (const address of ['ann@example.com', 'bob@example.com'])
      await sendRequest({ method: 'POST', path: LIST, body: { address } });
    const response = await sendRequest({
      method: 'DELETE',
      path: LIST,
      query,
      workspaceId: DEFAULT_WORKSPACE_ID,
    });
    const mine = await sendRequest({ method: 'DELETE', path: LIST, query });
    for (const { status, body } of [response, mine]) {
      expect([status, body.error.code]).toEqual([400, 'invalid_parameter']);
      expect(Object.keys({ address: '', ...query })).toContain(body.error.field);
    }
    expect(rows('suppression')).toHaveLength(2);
  });

  it('names the field that is missing', async () => {
    const response = await setUpApi().sendRequest({ method: 'DELETE', path: LIST });
    expect(response.body.error).toEqual({
      code: 'invalid_parameter',
      message: 'is required',
      field: 'address',
    });
  });

  it.each(['ann+x@example.com', 'a/b@example.com', 'ann@bücher.example'])(
    'with ses=true takes %s off both lists',
    async (address) => {
      const { sendRequest, state, rows } = setUpApi();
      const workspaceId = DEFAULT_WORKSPACE_ID;
      await sendRequest({ method: 'POST', path: LIST, body: { address }, workspaceId });
      const listed = address === 'ann@bücher.example' ? 'ann@xn--bcher-kva.example' : address;
      state.sesSuppressed = new Set([listed, 'bob@example.com']);
      const response = await sendRequest({
        method: 'DELETE',
        path: LIST,
        query: { address, ses: 'true' },
        workspaceId,
      });
      expect(response).toMatchObject({ status: 204, text: '' });
      expect([rows('suppression'), [...state.sesSuppressed]]).toEqual([[], ['bob@example.com']]);
    },
  );

  it('with ses=true removes an address that SES cannot list, and does not ask SES about it', async () => {
    const { sendRequest, state, rows } = setUpApi();
    const workspaceId = DEFAULT_WORKSPACE_ID;
    const address = 'josé@example.com';
    await sendRequest({ method: 'POST', path: LIST, body: { address }, workspaceId });
    state.sesError = Object.assign(new Error('bad'), { name: 'BadRequestException' });
    const response = await sendRequest({
      method: 'DELETE',
      path: LIST,
      query: { address, ses: 'true' },
      workspaceId,
    });
    expect([response.status, rows('suppression')]).toEqual([204, []]);
  });
});

describe('an address in a query', () => {
  const ENCODE = expect.stringContaining('%2B');
  const refused = (field: string) => ({
    status: 400,
    body: { error: { code: 'invalid_parameter', message: ENCODE, field } },
  });

  it.each([
    'ann x@example.com',
    'ann x@localhost',
    ' ann@example.com',
    'josé x@bücher.example',
    'ann x y@example.com',
  ])('of %j is answered with how a + is sent', async (address) => {
    const { ask } = await setUpApiWithBounces(['ann+x@example.com', 'ann@example.com']);
    expect(await ask({ path: '/v1/send/logs', query: { to: address } })).toMatchObject(refused('to'));
    expect(await ask({ path: LIST, query: { address } })).toMatchObject(refused('address'));
    expect(await ask({ method: 'DELETE', path: LIST, query: { address } })).toMatchObject(refused('address'));
    expect(await ask({ path: LIST, query: { prefix: address } })).toMatchObject(refused('prefix'));
    expect(addressesOf(await ask({ path: LIST }))).toHaveLength(2);
  });

  it.each(['ann ', 'ann x', ' ann'])('prefix=%j is answered with how a + is sent', async (prefix) => {
    const { ask } = await setUpApiWithBounces(['ann+x@example.com']);
    expect(await ask({ path: LIST, query: { prefix } })).toMatchObject(refused('prefix'));
  });

  it.each(['"john doe"@example.com', 'ann@example.com (Ann Lee)', 'ann+x@example.com'])(
    '%s that is not stored is not found, and that is all',
    async (address) => {
      const { sendRequest } = setUpApi();
      expect(recipientsOf(await sendRequest({ path: '/v1/send/logs', query: { to: address } }))).toEqual([]);
      expect(addressesOf(await sendRequest({ path: LIST, query: { address } }))).toEqual([]);
      expect(addressesOf(await sendRequest({ path: LIST, query: { prefix: address } }))).toEqual([]);
      expect((await sendRequest({ method: 'DELETE', path: LIST, query: { address } })).status).toBe(404);
    },
  );

  it('is refused together with a prefix', async () => {
    const query = { address: 'ann@example.com', prefix: 'ann' };
    expect(await setUpApi().sendRequest({ path: LIST, query })).toMatchObject({
      status: 400,
      body: { error: { code: 'conflicting_filters' } },
    });
  });
});

describe('POST /v1/suppressions refuses', () => {
  it.each([
    '',
    ' ',
    'nobody',
    'Ann <ann@example.com>',
    'a\u0000@b.de',
    'a\n@b.de',
    'a'.repeat(321),
    `${'a'.repeat(320)}@b`,
  ])('%j', async (address) => {
    expect(await setUpApi().sendRequest({ method: 'POST', path: LIST, body: { address } })).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid_field', field: 'address' } },
    });
  });
});

describe('POST /v1/send', () => {
  const EMAIL = { from: 'you@example.com', to: ['ann@example.com'], subject: 'Hello', text: 'Hi' };
  const send = (api: TestApi, changes: object): Promise<ApiResponse> =>
    api.sendRequest({ method: 'POST', path: '/v1/send', body: { ...EMAIL, ...changes } });

  it('gives SES each Unicode domain in punycode, and the rest as it is', async () => {
    const api = setUpApi();
    const response = await send(api, {
      from: 'Jürgen <j@bücher.example>',
      to: ['User@例え.テスト', '"Ann, Dr." <ann@BÜCHER.example>'],
      cc: ['ann@bücher.example <cc@bücher.example>'],
      bcc: ['Bob@Example.COM'],
      reply_to: ['reply@straße.example'],
    });
    expect(response).toMatchObject({ status: 202, body: { suppressed: [] } });
    expect(response.body.accepted).toEqual([
      'User@xn--r8jz45g.xn--zckzah',
      'ann@xn--bcher-kva.example',
      'cc@xn--bcher-kva.example',
      'Bob@Example.COM',
    ]);
    expect(api.emails).toMatchObject([
      {
        FromEmailAddress: '=?UTF-8?B?SsO8cmdlbg==?= <j@xn--bcher-kva.example>',
        Destination: {
          ToAddresses: ['User@xn--r8jz45g.xn--zckzah', '"Ann, Dr." <ann@xn--bcher-kva.example>'],
          BccAddresses: ['Bob@Example.COM'],
        },
        ReplyToAddresses: ['reply@xn--strae-oqa.example'],
      },
    ]);
  });

  it('sends once to a recipient who is named in both forms', async () => {
    const api = setUpApi();
    const response = await send(api, { to: ['ann@bücher.example'], cc: ['ANN@xn--bcher-kva.example'] });
    expect(response.body.accepted).toHaveLength(1);
  });

  it.each(['ann@bücher.example', 'ann@xn--bcher-kva.example', 'Ann@BÜCHER.example'])(
    'leaves out a recipient who is suppressed in the other form: %s',
    async (address) => {
      for (const listed of ['ann@bücher.example', 'ann@xn--bcher-kva.example']) {
        const api = setUpApi();
        await api.sendRequest({ method: 'POST', path: LIST, body: { address: listed } });
        const response = await send(api, { to: [address, 'bob@example.com'] });
        expect(response.body).toMatchObject({
          accepted: ['bob@example.com'],
          suppressed: [expect.anything()],
        });
        expect(api.emails).toMatchObject([{ Destination: { ToAddresses: ['bob@example.com'] } }]);
      }
    },
  );

  it.each([
    ['from', { from: 'josé@example.com' }, 'from'],
    ['to', { to: ['ann@example.com', 'José <josé@example.com>'] }, 'to[1]'],
    ['cc', { cc: ['josé@例え.テスト'] }, 'cc[0]'],
    ['bcc', { bcc: ['用户@例え.テスト'] }, 'bcc[0]'],
    ['reply_to', { reply_to: ['😀@example.com'] }, 'reply_to[0]'],
  ])('says that SES accepts only an ASCII local part: %s', async (_name, changes, field) => {
    const api = setUpApi();
    expect(await send(api, changes)).toMatchObject({
      status: 422,
      body: {
        error: { code: 'invalid_field', message: expect.stringMatching(/ASCII local part.*SES/), field },
      },
    });
    expect(api.emails).toEqual([]);
  });

  it.each([
    'ann@xn--É.example',
    'ann@bücher',
    'ann@bü cher.example',
    `ann@${'é'.repeat(63)}.example`,
    'ann@é%2e.example',
  ])('refuses a domain that has no punycode form of a domain name: %s', async (address) => {
    expect((await send(setUpApi(), { to: [address] })).status).toBe(422);
  });

  it('makes one request of both forms for an idempotency key', async () => {
    const api = setUpApi();
    const once = (to: string): Promise<ApiResponse> =>
      api.sendRequest({
        method: 'POST',
        path: '/v1/send',
        body: { ...EMAIL, to: [to] },
        headers: { 'Idempotency-Key': 'order-1' },
      });
    const first = await once('ann@bücher.example');
    expect((await once('ann@xn--bcher-kva.example')).body).toEqual(first.body);
    expect(api.emails).toHaveLength(1);
  });
});
