/** A client can look up, suppress and remove every address that the log shows, in every form of the address. */
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
const addressesIn = (response: ApiResponse): string[] =>
  response.body.data.map(({ address }: { address: string }) => address);
const recipientsIn = (response: ApiResponse): string[] =>
  response.body.data.map(({ to }: { to: string }) => to);

/** Unusual addresses that SES may report. */
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

/** Stores a bounce of the address, then uses the address that the log shows in every API call that accepts one. */
async function resultsFor(bouncedAddress: string) {
  const { sendRequest, table } = await setUpApiWithBounces(['zoe@example.com', bouncedAddress]);
  const all = await sendRequest({ path: '/v1/send/logs' });
  const [shown = ''] = recipientsIn(all).filter((to) => to !== 'zoe@example.com');
  const logs = async (query: ApiRequest['query'] = {}) =>
    recipientsIn(await sendRequest({ path: '/v1/send/logs', query }));
  const listed = async (query: ApiRequest['query'] = {}) =>
    addressesIn(await sendRequest({ path: LIST, query }));
  const suppressed = await findSuppressions(table, DEFAULT_WORKSPACE_ID, [shown]);
  const results = {
    logged: await logs({ to: shown }),
    loggedOfMessage: await logs({ to: shown, message_id: '0100-bounced' }),
    atPath: (await sendRequest({ path: atPath(shown) })).body.address as string,
    byQuery: await listed({ address: shown }),
    byPrefix: (await listed({ prefix: shown })).filter((address) => address === shown),
    inList: (await listed()).filter((address) => address === shown),
    suppressedOnSend: [...suppressed.values()].map(({ address }) => address),
    statusOfRemoval: (await sendRequest({ method: 'DELETE', path: LIST, query: { address: shown } })).status,
    statusAfterRemoval: (await sendRequest({ path: atPath(shown) })).status,
    remaining: await listed(),
  };
  return { shown, results };
}

function expectedResults(shown: string): Awaited<ReturnType<typeof resultsFor>>['results'] {
  const only = [shown];
  return {
    logged: only,
    loggedOfMessage: only,
    atPath: shown,
    byQuery: only,
    byPrefix: only,
    inList: only,
    suppressedOnSend: only,
    statusOfRemoval: 204,
    statusAfterRemoval: 404,
    remaining: ['zoe@example.com'],
  };
}

describe('an address from the log is accepted by every API call', () => {
  it.each(STORED.map((address) => [address.length > 60 ? `${address.slice(0, 60)}…` : address, address]))(
    '%s',
    async (_shown, address) => {
      const { shown, results } = await resultsFor(address);
      expect(results).toEqual(expectedResults(shown));
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

  it('for every address that ingest can store', async () => {
    await fc.assert(
      fc.asyncProperty(anyAddress, async (address) => {
        const { rows } = await setUpApiWithBounces([address]);
        const [row] = rows('event');
        // Ingest stores no recipient for a blank address.
        fc.pre(row?.['to'] !== undefined && row['to'] !== 'zoe@example.com');
        const { shown, results } = await resultsFor(address);
        expect(results).toEqual(expectedResults(shown));
      }),
    );
  });

  it.each(
    STORED.filter((address) => address !== 'MAILER-DAEMON' && address !== '..' && !address.includes('\t')),
  )('%s can be added with POST and removed by path', async (address) => {
    const { sendRequest } = setUpApi();
    const created = await sendRequest({ method: 'POST', path: LIST, body: { address } });
    expect(created).toMatchObject({ status: 201, body: { address } });
    expect((await sendRequest({ method: 'DELETE', path: atPath(address) })).status).toBe(204);
    expect(addressesIn(await sendRequest({ path: LIST }))).toEqual([]);
  });
});

describe('the suppression list', () => {
  it('returns addresses of every script in UTF-8 byte order, in both page directions', async () => {
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
        pages.push(addressesIn(response));
        while (response.body.next_cursor !== null) {
          const cursor = response.body.next_cursor as string;
          response = await sendRequest({ path: LIST, query: { limit: String(limit), cursor } });
          pages.push(addressesIn(response));
        }
        expect(pages.flat()).toEqual(sorted);
        const backwardPages: string[][] = [addressesIn(response)];
        while (response.body.prev_cursor !== null) {
          const cursor = response.body.prev_cursor as string;
          response = await sendRequest({ path: LIST, query: { limit: String(limit), cursor } });
          backwardPages.unshift(addressesIn(response));
        }
        expect(backwardPages).toEqual(pages);
      }),
    );
  });
});

describe('an address with a Unicode domain equals its punycode form', () => {
  const SPELLINGS = [
    'ann@bücher.example',
    'Ann@BÜCHER.example',
    'ann@bu\u0308cher.example',
    'ann@xn--bcher-kva.example',
    'ANN@XN--BCHER-KVA.EXAMPLE',
  ];
  const PAIRS = SPELLINGS.flatMap((stored) => SPELLINGS.map((queried) => [stored, queried] as const));

  it.each(PAIRS)('if it is stored as %s and queried as %s', async (stored, queried) => {
    const { sendRequest } = await setUpApiWithBounces([stored]);
    expect(recipientsIn(await sendRequest({ path: '/v1/send/logs', query: { to: queried } }))).toEqual([
      stored,
    ]);
    expect((await sendRequest({ path: atPath(queried) })).body).toMatchObject({ address: stored });
    expect(addressesIn(await sendRequest({ path: LIST, query: { address: queried } }))).toEqual([stored]);
    expect(addressesIn(await sendRequest({ path: LIST, query: { prefix: queried } }))).toEqual([stored]);
    const again = await sendRequest({ method: 'POST', path: LIST, body: { address: queried } });
    expect(again.body).toMatchObject({ address: stored, reason: 'bounce' });
    expect(addressesIn(await sendRequest({ path: LIST }))).toEqual([stored]);
    expect((await sendRequest({ method: 'DELETE', path: LIST, query: { address: queried } })).status).toBe(
      204,
    );
    expect(addressesIn(await sendRequest({ path: LIST }))).toEqual([]);
  });

  it('in the timeline of a message, which shows one recipient', async () => {
    const { sendRequest } = await setUpApiWithBounces(SPELLINGS.slice(0, 1).concat(SPELLINGS.slice(3, 4)));
    const { recipients } = (await sendRequest({ path: '/v1/send/logs/0100-bounced' })).body;
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
  ])('in a search by prefix: %s (match: %s)', async (prefix, found) => {
    for (const stored of SPELLINGS) {
      const { sendRequest } = await setUpApiWithBounces([
        stored,
        'ann@aachen.example',
        'anna@bücher.example',
        'bob@bücher.example',
      ]);
      const listed = addressesIn(await sendRequest({ path: LIST, query: { prefix } }));
      expect(listed.includes(stored)).toBe(found);
      expect(listed).not.toContain('bob@bücher.example');
    }
  });
});

/** Stores a suppression as an earlier version did: the key is the address in lower case, also for a Unicode domain. */
function storeLegacySuppression(table: SimulatedTable, address: string): void {
  const key = address.trim().toLowerCase();
  const pk = `W#${DEFAULT_WORKSPACE_ID}#SUP`;
  const row = {
    pk,
    sk: key,
    kind: KIND.suppression,
    address,
    reason: 'bounce',
    created_at: '2026-01-01T00:00:00Z',
  };
  table.rows.set(`${pk}\n${key}`, row);
}

async function storeLegacyEvent(table: SimulatedTable, address: string): Promise<void> {
  const event = anEvent({ workspace_id: DEFAULT_WORKSPACE_ID, to: address });
  const rows = eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS });
  await putRows(
    table,
    rows.map((row) => ({ ...row, g2pk: `R#${DEFAULT_WORKSPACE_ID}#${address.trim().toLowerCase()}` })),
  );
}

describe('an address with a Unicode domain that an earlier version stored', () => {
  const OLD = ['ann@bücher.example', 'Ann@Bücher.example', 'ann@bu\u0308cher.example'];
  const QUERIED = [...OLD, 'ann@xn--bcher-kva.example', 'ANN@XN--BCHER-KVA.example'];
  const PAIRS = OLD.flatMap((stored) => QUERIED.map((queried) => [stored, queried] as const));
  const sendAsDefaultWorkspace = (api: TestApi) => (request: ApiRequest) =>
    api.sendRequest({ ...request, workspaceId: DEFAULT_WORKSPACE_ID });

  it.each(PAIRS)('%s is found, suppressed on send, and removed as %s', async (stored, queried) => {
    const api = setUpApi();
    const sendRequest = sendAsDefaultWorkspace(api);
    storeLegacySuppression(api.table, stored);
    await storeLegacyEvent(api.table, stored);
    expect(recipientsIn(await sendRequest({ path: '/v1/send/logs', query: { to: queried } }))).toEqual([
      stored,
    ]);
    expect((await sendRequest({ path: atPath(queried) })).body).toMatchObject({ address: stored });
    expect(addressesIn(await sendRequest({ path: LIST, query: { prefix: queried } }))).toEqual([stored]);

    const sent = await sendRequest({
      method: 'POST',
      path: '/v1/send',
      body: { from: 'you@example.com', to: [queried], subject: 'Hello', text: 'Hi' },
    });
    expect(sent).toMatchObject({ status: 202, body: { accepted: [] } });
    expect(api.emails).toEqual([]);

    const again = await sendRequest({ method: 'POST', path: LIST, body: { address: queried } });
    expect(again.body).toMatchObject({ address: stored, created_at: '2026-01-01T00:00:00Z' });
    expect(api.rows('suppression')).toHaveLength(1);
    expect((await sendRequest({ method: 'DELETE', path: LIST, query: { address: queried } })).status).toBe(
      204,
    );
    expect(api.rows('suppression')).toEqual([]);
  });

  it('is removed together with the row of the current key', async () => {
    const api = setUpApi();
    const sendRequest = sendAsDefaultWorkspace(api);
    await sendRequest({ method: 'POST', path: LIST, body: { address: 'ann@bücher.example' } });
    storeLegacySuppression(api.table, 'ann@bücher.example');
    expect(api.rows('suppression')).toHaveLength(2);
    expect((await sendRequest({ method: 'DELETE', path: atPath('ann@xn--bcher-kva.example') })).status).toBe(
      204,
    );
    expect(api.rows('suppression')).toEqual([]);
  });

  it('is listed in the log together with new events, newest first, page by page', async () => {
    const api = setUpApi();
    const sendRequest = sendAsDefaultWorkspace(api);
    await storeLegacyEvent(api.table, 'ann@bücher.example');
    for (const minute of [10, 20, 30]) {
      const event = anEvent({
        workspace_id: DEFAULT_WORKSPACE_ID,
        to: 'ann@xn--bcher-kva.example',
        timestamp: `2026-02-25T12:${minute}:00Z`,
      });
      await putRows(api.table, eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS }));
    }
    const query = { to: 'ann@bücher.example', limit: '3' };
    const first = await sendRequest({ path: '/v1/send/logs', query });
    expect(recipientsIn(first)).toEqual(Array.from({ length: 3 }, () => 'ann@xn--bcher-kva.example'));
    const next = { ...query, cursor: first.body.next_cursor as string };
    expect(recipientsIn(await sendRequest({ path: '/v1/send/logs', query: next }))).toEqual([
      'ann@bücher.example',
    ]);
  });

  it('needs no additional read for an ASCII address', async () => {
    const { table } = setUpApi();
    await findSuppressions(table, DEFAULT_WORKSPACE_ID, ['ann@example.com']);
    expect(table.calls).toHaveLength(1);
  });
});

describe('a path parameter and a query parameter', () => {
  const IDS = ['a/b', 'a%2Fb', 'a%252Fb', 'a%b', 'a%', 'a+b', 'a?b', 'a#b', 'a&b', 'a;b', 'a b', '..', 'é'];

  it.each(IDS)('find the same message %s', async (id) => {
    const { table, sendRequest } = setUpApi();
    const event = anEvent({ message_id: id });
    await putRows(table, eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS }));
    const timeline = await sendRequest({ path: `/v1/send/logs/${encodeURIComponent(id)}` });
    expect(timeline.body).toMatchObject({ message_id: id });
    const listed = await sendRequest({ path: '/v1/send/logs', query: { message_id: id } });
    expect(listed.body.data).toMatchObject([{ message_id: id }]);
  });

  it('are decoded exactly once: API Gateway passes the path still encoded', async () => {
    const { sendRequest } = setUpApi();
    await sendRequest({ method: 'POST', path: LIST, body: { address: 'a%2Fb@example.com' } });
    expect((await sendRequest({ path: `${LIST}/a%252Fb@example.com` })).status).toBe(200);
    expect((await sendRequest({ path: `${LIST}/a%2Fb@example.com` })).status).toBe(404);
    expect((await sendRequest({ path: `${LIST}/a%25252Fb@example.com` })).status).toBe(404);
    // In a path, a `+` does not stand for a space.
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
    ['a misspelled parameter name', { adress: 'ann@example.com' }],
    ['two addresses', { address: ['ann@example.com', 'bob@example.com'] }],
    ['an address of more than 320 characters', { address: `${'a'.repeat(320)}@example.com` }],
    ['a prefix', { prefix: 'ann@' }],
  ])('with %s returns 400 and removes nothing', async (_title, query) => {
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

  it('names the missing parameter', async () => {
    const response = await setUpApi().sendRequest({ method: 'DELETE', path: LIST });
    expect(response.body.error).toEqual({
      code: 'invalid_parameter',
      message: 'is required',
      field: 'address',
    });
  });

  it.each(['ann+x@example.com', 'a/b@example.com', 'ann@bücher.example'])(
    'with ses=true removes %s from both lists',
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

  it('with ses=true removes an address that SES cannot list, without a call to SES', async () => {
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

describe('an address in a query parameter', () => {
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
  ])('with a space is refused, and the message explains how to encode a +: %j', async (address) => {
    const { sendRequest } = await setUpApiWithBounces(['ann+x@example.com', 'ann@example.com']);
    expect(await sendRequest({ path: '/v1/send/logs', query: { to: address } })).toMatchObject(refused('to'));
    expect(await sendRequest({ path: LIST, query: { address } })).toMatchObject(refused('address'));
    expect(await sendRequest({ method: 'DELETE', path: LIST, query: { address } })).toMatchObject(
      refused('address'),
    );
    expect(await sendRequest({ path: LIST, query: { prefix: address } })).toMatchObject(refused('prefix'));
    expect(addressesIn(await sendRequest({ path: LIST }))).toHaveLength(2);
  });

  it.each(['ann ', 'ann x', ' ann'])('with a space is refused as a prefix too: %j', async (prefix) => {
    const { sendRequest } = await setUpApiWithBounces(['ann+x@example.com']);
    expect(await sendRequest({ path: LIST, query: { prefix } })).toMatchObject(refused('prefix'));
  });

  it.each(['"john doe"@example.com', 'ann@example.com (Ann Lee)', 'ann+x@example.com'])(
    'that is valid but not stored returns no result: %s',
    async (address) => {
      const { sendRequest } = setUpApi();
      expect(recipientsIn(await sendRequest({ path: '/v1/send/logs', query: { to: address } }))).toEqual([]);
      expect(addressesIn(await sendRequest({ path: LIST, query: { address } }))).toEqual([]);
      expect(addressesIn(await sendRequest({ path: LIST, query: { prefix: address } }))).toEqual([]);
      expect((await sendRequest({ method: 'DELETE', path: LIST, query: { address } })).status).toBe(404);
    },
  );

  it('cannot be combined with a prefix', async () => {
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

  it('converts each Unicode domain to punycode for SES and leaves the rest unchanged', async () => {
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

  it('sends once to a recipient that the request contains in both forms', async () => {
    const api = setUpApi();
    const response = await send(api, { to: ['ann@bücher.example'], cc: ['ANN@xn--bcher-kva.example'] });
    expect(response.body.accepted).toHaveLength(1);
  });

  it.each(['ann@bücher.example', 'ann@xn--bcher-kva.example', 'Ann@BÜCHER.example'])(
    'does not send to a recipient that is suppressed in the other form: %s',
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
  ])(
    'refuses a non-ASCII local part in %s, because SES does not accept it',
    async (_name, changes, field) => {
      const api = setUpApi();
      expect(await send(api, changes)).toMatchObject({
        status: 422,
        body: {
          error: { code: 'invalid_field', message: expect.stringMatching(/ASCII local part.*SES/), field },
        },
      });
      expect(api.emails).toEqual([]);
    },
  );

  it.each([
    'ann@xn--É.example',
    'ann@bücher',
    'ann@bü cher.example',
    `ann@${'é'.repeat(63)}.example`,
    'ann@é%2e.example',
  ])('refuses a domain that has no valid punycode form: %s', async (address) => {
    expect((await send(setUpApi(), { to: [address] })).status).toBe(422);
  });

  it('treats both forms as the same request for an idempotency key', async () => {
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
