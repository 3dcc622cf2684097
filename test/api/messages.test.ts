import { describe, expect, it } from 'vitest';
import type { EmailEvent, EventName } from '../../lambdas/core/events.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { MESSAGE_STATUSES } from '../../lambdas/core/message-status.ts';
import { storeUnpublishedEvents } from '../../lambdas/store/events.ts';
import { anEvent } from '../../sim/builders/events.ts';
import { NOW_MS, setUpApi, type ApiRequest, type ApiResponse } from './harness.ts';

const RETENTION = { retentionDays: 90, receivedAtMs: NOW_MS };
const BOUNCE = anEvent().details;

interface Email {
  readonly id: string;
  readonly to: string;
  /** The minute of its first event. The other events follow by one second each. */
  readonly minute: number;
  readonly events: readonly EventName[];
  readonly changes?: Partial<EmailEvent>;
}

function timeOf(minute: number, second = 0): string {
  return `2026-02-25T11:${String(minute).padStart(2, '0')}:${String(second).padStart(2, '0')}Z`;
}

function eventsOf({ id, to, minute, events, changes }: Email): readonly EmailEvent[] {
  return events.map((event, second) =>
    anEvent({
      event_id: deterministicId('evt', [id, to, event, String(second)]),
      message_id: id,
      to,
      event,
      timestamp: timeOf(minute, second),
      details: event.endsWith('bounced') ? BOUNCE : {},
      ...changes,
    }),
  );
}

async function withEmails(emails: readonly Email[]) {
  const api = setUpApi();
  await storeUnpublishedEvents(api.table, emails.flatMap(eventsOf), RETENTION);
  const messages = (
    query: ApiRequest['query'] = {},
    changes: Partial<ApiRequest> = {},
  ): Promise<ApiResponse> => api.sendRequest({ path: '/v1/messages', query, ...changes });
  const logs = (query: ApiRequest['query'] = {}): Promise<ApiResponse> =>
    api.sendRequest({ path: '/v1/send/logs', query });
  return { ...api, messages, logs };
}

interface Listed {
  readonly message_id: string;
  readonly to: string | null;
  readonly status: string;
}

function listed(response: ApiResponse): string[] {
  return response.body.data.map((each: Listed) => `${each.message_id} ${each.to} ${each.status}`);
}

const SES_ID = '0100019c1e5b7d2a-6f9e2d1c-8a4b-4c3d-9e8f-7a6b5c4d3e2f-000000';
const IVM_ID = `ivm_${'a'.repeat(26)}`;

/** One message for each status, and one message to two recipients. Newest last. */
const EMAILS: readonly Email[] = [
  { id: 'm-sent', to: 'ann@example.com', minute: 0, events: ['sent'] },
  { id: 'm-delayed', to: 'ann@example.com', minute: 1, events: ['sent', 'delayed'] },
  { id: IVM_ID, to: 'ann@example.com', minute: 2, events: ['failed'] },
  { id: 'm-suppressed', to: 'bob@example.com', minute: 3, events: ['sent', 'suppressed'] },
  { id: 'm-soft', to: 'bob@example.com', minute: 4, events: ['sent', 'soft_bounced', 'soft_bounced'] },
  { id: SES_ID, to: 'Bob@Example.com', minute: 5, events: ['sent', 'delivered', 'soft_bounced', 'opened'] },
  { id: 'm-bounced', to: 'cy@other.example', minute: 6, events: ['sent', 'delivered', 'bounced'] },
  { id: 'm-complained', to: 'cy@other.example', minute: 7, events: ['sent', 'delivered', 'complained'] },
  { id: 'm-two', to: 'ann@example.com', minute: 8, events: ['sent', 'delivered'] },
  { id: 'm-two', to: 'dee@example.com', minute: 8, events: ['sent', 'bounced', 'complained'] },
];
const STATUS_OF: Readonly<Record<string, string>> = {
  'm-sent ann@example.com': 'sent',
  'm-delayed ann@example.com': 'delayed',
  [`${IVM_ID} ann@example.com`]: 'failed',
  'm-suppressed bob@example.com': 'suppressed',
  'm-soft bob@example.com': 'soft_bounced',
  [`${SES_ID} Bob@Example.com`]: 'delivered',
  'm-bounced cy@other.example': 'bounced',
  'm-complained cy@other.example': 'complained',
  'm-two ann@example.com': 'delivered',
  'm-two dee@example.com': 'complained',
};
const ALL = Object.entries(STATUS_OF).map(([message, status]) => `${message} ${status}`);
const withStatus = (...statuses: readonly string[]): string[] =>
  ALL.filter((each) => statuses.some((status) => each.endsWith(` ${status}`)));

describe('the messages', () => {
  it('have exactly the fields of the contract', async () => {
    const { messages } = await withEmails([
      {
        id: 'm',
        to: 'Ann@example.com',
        minute: 0,
        events: ['sent', 'bounced'],
        changes: { tags: [['campaign', 'spring']] },
      },
    ]);
    expect((await messages()).body).toEqual({
      data: [
        {
          message_id: 'm',
          to: 'Ann@example.com',
          from: 'you@yourdomain.com',
          subject: 'Hello',
          status: 'bounced',
          status_at: timeOf(0, 1),
          created_at: timeOf(0),
          tags: { campaign: 'spring' },
          error: BOUNCE,
          partial: false,
          workspace_id: anEvent().workspace_id,
        },
      ],
      next_cursor: null,
      prev_cursor: null,
      searched_until: null,
    });
  });

  it('are one entry for each message and recipient with its current status, newest first', async () => {
    const { messages } = await withEmails(EMAILS);
    const found = listed(await messages());
    expect(found.toSorted()).toEqual(ALL.toSorted());
    // The two recipients of one message have the same time.
    expect(found.slice(2)).toEqual(ALL.toReversed().slice(2));
  });

  it.each(MESSAGE_STATUSES)('with the status %s are those whose current status it is', async (status) => {
    const { messages } = await withEmails(EMAILS);
    expect(listed(await messages({ status })).toSorted()).toEqual(withStatus(status).toSorted());
  });

  it.each([
    ['bounced', 'complained'],
    ['sent', 'delayed'],
    ['delivered', 'sent', 'failed'],
    [...MESSAGE_STATUSES],
  ])('with several statuses are those with one of them: %s', async (...statuses) => {
    const { messages } = await withEmails(EMAILS);
    const response = await messages({ status: statuses.join(',') });
    expect(listed(response).toSorted()).toEqual(withStatus(...statuses).toSorted());
  });

  it.each([
    [{ to: 'bob@example.com' }, (each: string) => / bob@example\.com /i.test(each)],
    [{ to: 'ANN@example.com', status: 'delivered' }, (each: string) => each.startsWith('m-two ann')],
    [{ to: 'ann@example.com', status: 'sent' }, (each: string) => each.startsWith('m-sent')],
    [{ q: 'bob@example.com' }, (each: string) => / bob@example\.com /i.test(each)],
    [{ q: 'Bob@example.co' }, (each: string) => / bob@example\.com /i.test(each)],
    [{ q: 'an' }, (each: string) => each.includes(' ann@')],
    [{ q: '@EXAMPLE.com' }, (each: string) => each.includes('@example.com') || each.includes('@Example.com')],
    [{ q: '@other' }, (each: string) => each.includes('@other')],
    [{ q: 'example.com' }, () => false],
    [{ q: 'hELLo' }, () => true],
    [{ q: SES_ID }, (each: string) => each.startsWith(SES_ID)],
    [{ q: `<${SES_ID}@email.amazonses.com>` }, (each: string) => each.startsWith(SES_ID)],
    [{ q: IVM_ID }, (each: string) => each.startsWith(IVM_ID)],
    [{ q: SES_ID, to: 'bob@example.com' }, (each: string) => each.startsWith(SES_ID)],
    [{ q: SES_ID, to: 'ann@example.com' }, () => false],
    [{ q: '@example.com', status: 'sent,complained' }, (each: string) => /^m-(?:sent|two dee)/.test(each)],
    [{ from: 'YOU@yourdomain.com', status: 'bounced' }, (each: string) => each.startsWith('m-bounced')],
    [{ from: 'other@yourdomain.com' }, () => false],
    [{ tag: 'campaign' }, () => false],
    [{ after: timeOf(7), before: timeOf(8) }, (each: string) => each.startsWith('m-complained')],
    [{ q: 'cy@', after: timeOf(7) }, (each: string) => each.startsWith('m-complained')],
  ])('with %j are those that match', async (query, isExpected) => {
    const { messages } = await withEmails(EMAILS);
    const response = await messages(query);
    expect(response.status).toBe(200);
    expect(listed(response).toSorted()).toEqual(ALL.filter(isExpected).toSorted());
  });

  it.each([
    {},
    { to: 'ann@example.com' },
    { status: 'complained,delivered' },
    { status: 'sent,complained' },
    { q: 'hello' },
    { q: 'ann@example.c' },
    { from: 'you@yourdomain.com' },
  ])('appear once in both page directions, filtered by %j', async (query) => {
    const { messages } = await withEmails(EMAILS);
    const all = listed(await messages({ ...query, limit: '100' }));
    expect(all.length).toBeGreaterThan(2);
    const forward: string[] = [];
    let response = await messages({ ...query, limit: '2' });
    expect(response.body.prev_cursor).toBeNull();
    for (;;) {
      forward.push(...listed(response));
      if (response.body.next_cursor === null) break;
      response = await messages({ ...query, limit: '2', cursor: response.body.next_cursor });
    }
    expect(forward).toEqual(all);
    const backward = listed(response);
    while (response.body.prev_cursor !== null) {
      response = await messages({ ...query, limit: '2', cursor: response.body.prev_cursor });
      backward.unshift(...listed(response));
    }
    expect(backward).toEqual(all);
  });

  it('are found by tag, with any value or with one value', async () => {
    const tagged = (id: string, minute: number, value: string): Email => ({
      id,
      to: 'ann@example.com',
      minute,
      events: ['sent'],
      changes: { tags: [['campaign', value]] },
    });
    const { messages } = await withEmails([tagged('m-1', 1, 'spring'), tagged('m-2', 2, 'a:b'), ...EMAILS]);
    expect(listed(await messages({ tag: 'campaign' }))).toHaveLength(2);
    expect(listed(await messages({ tag: 'campaign:spring' }))).toEqual(['m-1 ann@example.com sent']);
    expect(listed(await messages({ tag: 'campaign:a:b' }))).toEqual(['m-2 ann@example.com sent']);
    expect(listed(await messages({ tag: 'campaign:sprin' }))).toEqual([]);
  });

  it('are found by an odd address and by Unicode text', async () => {
    const email = (id: string, minute: number, to: string, subject: string): Email => ({
      id,
      to,
      minute,
      events: ['sent', 'delivered'],
      changes: { subject },
    });
    const { messages } = await withEmails([
      email('m-1', 1, '"odd local"@example.com', 'Grüße aus Köln'),
      email('m-2', 2, 'info@xn--bcher-kva.example', 'ΟΔΟΣ und ΣΟΦΟΣ'),
      email('m-3', 3, 'undisclosed-recipients:;', 'Re: 50% _off_ *now*'),
    ]);
    const find = async (q: string) => listed(await messages({ q })).map((each) => each.slice(0, 3));
    expect(await find('"ODD local"@example.com')).toEqual(['m-1']);
    expect(await find('"odd lo')).toEqual(['m-1']);
    expect(await find('GRÜSSE')).toEqual(['m-1']);
    expect(await find('gru\u0308ße aus')).toEqual(['m-1']);
    expect(await find('info@bücher.example')).toEqual(['m-2']);
    expect(await find('@BÜCH')).toEqual(['m-2']);
    expect(await find('οδος')).toEqual(['m-2']);
    expect(await find('undisclosed')).toEqual(['m-3']);
    expect(await find('50% _OFF_ *')).toEqual(['m-3']);
    expect(await find('info@bücher.example.org')).toEqual([]);
  });

  it('of another workspace are not found', async () => {
    const { messages } = await withEmails(EMAILS);
    const other = { workspaceId: `ws_${'b'.repeat(26)}` };
    for (const query of [{}, { q: SES_ID }, { to: 'ann@example.com' }, { q: 'a' }, { status: 'sent' }])
      expect((await messages(query as Record<string, string>, other)).body.data).toEqual([]);
  });
});

describe('the list of messages returns 400', () => {
  it.each([
    [{ status: 'opened' }, 'invalid_parameter', 'status'],
    [{ status: 'sent,,failed' }, 'invalid_parameter', 'status'],
    [{ after: timeOf(1), before: timeOf(1) }, 'conflicting_filters', 'after'],
    [{ to: 'nobody' }, 'invalid_parameter', 'to'],
    [{ q: 'x'.repeat(999) }, 'invalid_parameter', 'q'],
    [{ tag: '' }, 'invalid_parameter', 'tag'],
    [{ limit: '101' }, 'invalid_parameter', 'limit'],
    [{ type: 'send' }, 'invalid_parameter', 'type'],
  ])('for %j', async (query, code, field) => {
    const { messages } = await withEmails(EMAILS);
    expect(await messages(query as Record<string, string>)).toMatchObject({
      status: 400,
      body: { error: { code, field } },
    });
  });

  it.each([
    ['of another search', { q: 'hell' }, {}],
    ['of another workspace', {}, { workspaceId: `ws_${'b'.repeat(26)}` }],
    ['of the log', {}, { path: '/v1/send/logs' }],
  ])('for a cursor %s', async (_title, query, changes) => {
    const { messages } = await withEmails(EMAILS);
    const cursor = (await messages({ limit: '2' })).body.next_cursor;
    expect(await messages({ ...query, cursor }, changes)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_cursor', field: 'cursor' } },
    });
  });
});

describe('a search text', () => {
  it.each(['@', 'ann@', '@@', 'a b@c', '<', '"', 'ann example.com', '\u0000', '😀', '%', 'x@'.repeat(400)])(
    'that is not a whole address is never an error: %j',
    async (q) => {
      const { messages, logs } = await withEmails(EMAILS);
      expect((await messages({ q })).status).toBe(200);
      expect((await logs({ q })).status).toBe(200);
    },
  );

  it('continues as a walk if an email to exactly this address arrives in between', async () => {
    const { messages, table } = await withEmails(EMAILS);
    const q = 'ann@example.c';
    const first = await messages({ q, limit: '2' });
    const arrived = eventsOf({ id: 'm-new', to: q, minute: 59, events: ['sent'] });
    await storeUnpublishedEvents(table, arrived, RETENTION);
    const second = await messages({ q, limit: '2', cursor: first.body.next_cursor });
    expect([...listed(first), ...listed(second)]).toHaveLength(4);
    // A new search finds the recipient in the index.
    expect(listed(await messages({ q }))).toEqual([`m-new ${q} sent`]);
  });
});

describe('a search of the log', () => {
  const ids = (response: ApiResponse): string[] => [
    ...new Set<string>(response.body.data.map((each: Listed) => each.message_id)),
  ];

  it.each([
    [{ q: 'cy@other.example' }, ['m-complained', 'm-bounced']],
    [{ q: 'CY@' }, ['m-complained', 'm-bounced']],
    [{ q: '@other.example', status: 'bounced,complained' }, ['m-complained', 'm-bounced']],
    [{ q: SES_ID }, [SES_ID]],
    [{ q: SES_ID, status: 'opened' }, [SES_ID]],
    [{ q: 'hello', status: 'failed' }, [IVM_ID]],
    [{ message_id: 'm-two', q: 'dee' }, ['m-two']],
    [{ message_id: 'm-two', q: SES_ID }, []],
    [{ from: 'you@yourdomain.com', type: 'complaint' }, ['m-two', 'm-complained']],
    [{ from: 'other@yourdomain.com' }, []],
    [{ tag: 'campaign' }, []],
  ])('with %j finds the entries that match', async (query, expected) => {
    const { logs } = await withEmails(EMAILS);
    const response = await logs({ ...(query as Record<string, string>), limit: '100' });
    expect(ids(response)).toEqual(expected);
    expect(response.body.searched_until).toBeNull();
  });

  it('exports the entries that match, over several pages', async () => {
    const { sendRequest } = await withEmails(EMAILS);
    const exported: string[] = [];
    let cursor: string | undefined;
    do {
      const response = await sendRequest({
        path: '/v1/send/logs/export',
        query: { format: 'ndjson', q: 'ann@', limit: '2', ...(cursor !== undefined && { cursor }) },
      });
      expect(response.status).toBe(200);
      exported.push(...response.text.split('\n').filter((line) => line !== ''));
      cursor = response.headers['x-next-cursor'] as string | undefined;
    } while (cursor !== undefined);
    expect(exported).toHaveLength(
      EMAILS.filter(({ to }) => to === 'ann@example.com').flatMap(eventsOf).length,
    );
    expect(exported.every((line) => line.includes('"ann@example.com"'))).toBe(true);
  });
});

describe('a search through a long log', () => {
  const COUNT = 400;
  const long = Array.from({ length: COUNT }, (_, index): Email => ({
    id: `m-${index}`,
    to: index === 0 ? 'first@example.com' : `ann${index}@example.com`,
    minute: 0,
    events: ['sent'],
    changes: { timestamp: new Date(Date.parse(timeOf(0)) + index * 1000).toISOString() },
  }));

  it('stops after 5 seconds, says how far it has looked, and continues by its cursor', async () => {
    const api = await withEmails(long);
    // Each read takes two seconds.
    api.table.before = (command) => {
      if (command === 'QueryCommand') api.state.nowMs += 2_000;
    };
    const times: string[] = [];
    let response = await api.messages({ q: 'first@exam' });
    for (; response.body.searched_until !== null;) {
      expect(response.body.data).toEqual([]);
      times.push(response.body.searched_until);
      response = await api.messages({ q: 'first@exam', cursor: response.body.next_cursor });
    }
    expect(times.length).toBeGreaterThan(1);
    expect(times).toEqual([...new Set(times)].toSorted().toReversed());
    expect(listed(response)).toEqual(['m-0 first@example.com sent']);
  });

  it('reads only the given range of time', async () => {
    const { messages, table } = await withEmails(long);
    const before = table.calls.length;
    const range = { after: timeOf(0), before: timeOf(0, 1) };
    expect(listed(await messages({ q: 'first', ...range }))).toHaveLength(1);
    // Four partitions, and the events of one message.
    expect(table.calls.length - before).toBe(5);
  });
});
