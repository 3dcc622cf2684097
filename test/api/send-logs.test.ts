import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, LOG_TYPES, LOG_TYPE_OF, type EmailEvent } from '../../lambdas/core/events.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { storeUnpublishedEvents } from '../../lambdas/store/events.ts';
import { anEvent } from '../../sim/builders/events.ts';
import { NOW_MS, setUpApi, type ApiRequest, type ApiResponse } from './harness.ts';

const MESSAGES = ['m-a', 'm-b', 'm-c'];
const START = Date.parse('2026-02-25T12:00:00Z');

/** One event of every status for every message, one second apart. */
const EVENTS: readonly EmailEvent[] = MESSAGES.flatMap((messageId, message) =>
  EVENT_NAMES.map((event, index) =>
    anEvent({
      event_id: deterministicId('evt', [messageId, event]),
      message_id: messageId,
      event,
      to: `${['ann', 'Bob', 'cy+tag'][message]}@example.com`,
      timestamp: new Date(START + (message * EVENT_NAMES.length + index) * 1000)
        .toISOString()
        .replace('.000Z', 'Z'),
      details: LOG_TYPE_OF[event] === 'bounce' ? anEvent().details : {},
    }),
  ),
);
const NEWEST_FIRST = EVENTS.toReversed().map((event) => event.event_id);

async function withEvents() {
  const api = setUpApi();
  await storeUnpublishedEvents(api.table, EVENTS, { retentionDays: 90, receivedAtMs: NOW_MS });
  const logs = (query: ApiRequest['query'] = {}, changes: Partial<ApiRequest> = {}): Promise<ApiResponse> =>
    api.sendRequest({ path: '/v1/send/logs', query, ...changes });
  return { ...api, logs };
}

function idsOf(response: ApiResponse): string[] {
  return response.body.data.map((entry: { event_id: string }) => entry.event_id);
}

describe('the log returns 400', () => {
  it.each([
    [{ type: 'mail' }, 'invalid_parameter', 'type'],
    [{ status: 'lost' }, 'invalid_parameter', 'status'],
    [{ status: 'bounced,lost' }, 'invalid_parameter', 'status'],
    [{ status: 'bounced,' }, 'invalid_parameter', 'status'],
    [{ type: 'bounce', status: 'sent' }, 'conflicting_filters', 'status'],
    [{ type: 'bounce', status: 'sent,complained' }, 'conflicting_filters', 'status'],
    [{ q: ' ' }, 'invalid_parameter', 'q'],
    [{ after: '2026-02-25T12:00:01Z', before: '2026-02-25T12:00:00Z' }, 'conflicting_filters', 'after'],
    [{ to: 'nobody' }, 'invalid_parameter', 'to'],
    [{ after: 'yesterday' }, 'invalid_parameter', 'after'],
    [{ before: '2026-02-30' }, 'invalid_parameter', 'before'],
    [{ after: '2026-02-25T12:00:00 01:00' }, 'invalid_parameter', 'after'],
    [{ message_id: 'x'.repeat(257) }, 'invalid_parameter', 'message_id'],
  ])('for %j', async (query, code, field) => {
    const { logs } = await withEvents();
    expect(await logs(query)).toMatchObject({ status: 400, body: { error: { code, field } } });
  });

  it.each([
    ['of another filter', { type: 'bounce' }, {}],
    ['of another workspace', {}, { workspaceId: `ws_${'b'.repeat(26)}` }],
  ])('for a cursor %s', async (_title, query, changes) => {
    const { logs } = await withEvents();
    const cursor = (await logs({ limit: '2' })).body.next_cursor;
    expect(await logs({ limit: '2', ...query, cursor }, changes)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_cursor', field: 'cursor' } },
    });
  });
});

describe('the log', () => {
  it('returns entries with exactly the fields of the contract', async () => {
    const { logs } = await withEvents();
    const response = await logs({ status: 'bounced', message_id: 'm-a' });
    expect(response.body).toEqual({
      data: [
        {
          event_id: deterministicId('evt', ['m-a', 'bounced']),
          message_id: 'm-a',
          to: 'ann@example.com',
          from: 'you@yourdomain.com',
          subject: 'Hello',
          type: 'bounce',
          status: 'bounced',
          timestamp: '2026-02-25T12:00:05Z',
          error: {
            bounce_type: 'Permanent',
            bounce_subtype: 'General',
            diagnostic_code: 'smtp; 550 5.1.1 user unknown',
            reason: 'unknown_user',
          },
          workspace_id: EVENTS[0]?.workspace_id,
        },
      ],
      next_cursor: null,
      prev_cursor: null,
      searched_until: null,
    });
  });

  it.each(LOG_TYPES)('filtered by type %s has only its statuses, newest first', async (type) => {
    const { logs } = await withEvents();
    const expected = EVENTS.toReversed().filter((event) => LOG_TYPE_OF[event.event] === type);
    expect(idsOf(await logs({ type, limit: '100' }))).toEqual(expected.map((event) => event.event_id));
  });

  it.each(EVENT_NAMES)('filtered by status %s has only this status', async (status) => {
    const { logs } = await withEvents();
    expect(idsOf(await logs({ status }))).toEqual(
      EVENTS.toReversed()
        .filter((event) => event.event === status)
        .map((event) => event.event_id),
    );
  });

  it('filtered by recipient ignores case, but not a plus tag', async () => {
    const { logs } = await withEvents();
    expect(idsOf(await logs({ to: 'bOB@Example.com', limit: '100' }))).toHaveLength(EVENT_NAMES.length);
    expect(idsOf(await logs({ to: 'cy+tag@example.com', limit: '100' }))).toHaveLength(EVENT_NAMES.length);
    expect(idsOf(await logs({ to: 'cy@example.com', limit: '100' }))).toEqual([]);
  });

  it('filtered by time includes the start and excludes the end', async () => {
    const { logs } = await withEvents();
    const [third, fifth] = [EVENTS[3], EVENTS[5]];
    const response = await logs({ after: third?.timestamp ?? '', before: fifth?.timestamp ?? '' });
    expect(idsOf(response)).toEqual([EVENTS[4]?.event_id, EVENTS[3]?.event_id]);
  });

  it.each([
    ['no filter', {}],
    ['type', { type: 'send' }],
    ['status', { status: 'delivered' }],
    ['message', { message_id: 'm-b' }],
    ['recipient', { to: 'ann@example.com' }],
  ])('has each entry once in both page directions, filtered by %s', async (_title, query) => {
    const { logs } = await withEvents();
    const allIds = idsOf(await logs({ ...query, limit: '100' }));
    const forwardIds: string[] = [];
    let response = await logs({ ...query, limit: '2' });
    expect(response.body.prev_cursor).toBeNull();
    for (;;) {
      forwardIds.push(...idsOf(response));
      if (response.body.next_cursor === null) break;
      response = await logs({ ...query, limit: '2', cursor: response.body.next_cursor });
    }
    expect(forwardIds).toEqual(allIds);

    const backwardIds = idsOf(response);
    while (response.body.prev_cursor !== null) {
      response = await logs({ ...query, limit: '2', cursor: response.body.prev_cursor });
      backwardIds.unshift(...idsOf(response));
    }
    expect(backwardIds).toEqual(allIds);
  });

  it('keeps the position of a cursor when new entries arrive', async () => {
    const { logs, table } = await withEvents();
    const first = await logs({ limit: '5' });
    await storeUnpublishedEvents(
      table,
      [anEvent({ message_id: 'm-new', timestamp: '2026-02-25T13:00:00Z' })],
      {
        retentionDays: 90,
        receivedAtMs: NOW_MS,
      },
    );
    const second = await logs({ limit: '5', cursor: first.body.next_cursor });
    expect([...idsOf(first), ...idsOf(second)]).toEqual(NEWEST_FIRST.slice(0, 10));
  });

  it('does not contain events of another workspace', async () => {
    const { logs } = await withEvents();
    expect((await logs({}, { workspaceId: `ws_${'b'.repeat(26)}` })).body.data).toEqual([]);
  });
});

describe('an export', () => {
  const ACCEPT = { csv: 'text/csv', ndjson: 'application/x-ndjson' };

  async function pages(source: 'Accept' | 'route', format: 'csv' | 'ndjson', query: Record<string, string>) {
    const { sendRequest } = await withEvents();
    const responses: ApiResponse[] = [];
    let search: Record<string, string> = source === 'route' ? { ...query, format } : query;
    for (;;) {
      const page = await sendRequest(
        source === 'route'
          ? { path: '/v1/send/logs/export', query: search }
          : { path: '/v1/send/logs', query: search, headers: { accept: ACCEPT[format] } },
      );
      expect(page.status).toBe(200);
      responses.push(page);
      const link = /^<\?(.*)>; rel="next"$/.exec((page.headers['link'] ?? '') as string)?.[1];
      expect(link === undefined).toBe(page.headers['x-next-cursor'] === undefined);
      if (link === undefined) return responses;
      search = Object.fromEntries(new URLSearchParams(link));
    }
  }

  it.each(['Accept', 'route'] as const)(
    'in CSV, selected by %s, links its pages, which join to one file',
    async (source) => {
      const responses = await pages(source, 'csv', { limit: '7' });
      for (const { headers } of responses)
        expect(headers['content-disposition']).toBe('attachment; filename="ivymail-logs.csv"');
      expect(responses.length).toBeGreaterThan(2);
      expect(responses[0]?.headers['content-type']).toBe('text/csv; charset=utf-8');
      const [names, ...lines] = responses
        .map((page) => page.text)
        .join('')
        .trimEnd()
        .split('\r\n');
      // Only the first page has the byte order mark. On a later page it would be a character inside the joined file.
      expect(names).toMatch(/^\ufeffevent_id,message_id,/);
      expect(lines.join('')).not.toContain('\ufeff');
      expect(lines.map((line) => line.split(',')[0])).toEqual(NEWEST_FIRST);
    },
  );

  it.each(['Accept', 'route'] as const)(
    'in NDJSON, selected by %s, applies the filters to every page',
    async (source) => {
      const responses = await pages(source, 'ndjson', { limit: '2', type: 'send' });
      expect(responses[0]?.headers['content-type']).toBe('application/x-ndjson');
      expect(responses[0]?.headers['content-disposition']).toBe('attachment; filename="ivymail-logs.ndjson"');
      const entries = responses.flatMap((page) =>
        page.text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as { type: string }),
      );
      expect(entries.length).toBeGreaterThan(2);
      expect(new Set(entries.map((entry) => entry.type))).toEqual(new Set(['send']));
    },
  );

  it.each([
    [{}, 'format'],
    [{ format: 'xml' }, 'format'],
    [{ format: 'csv', limit: '1001' }, 'limit'],
    [{ format: 'csv', raw: 'true' }, 'raw'],
  ])('is refused for %j, and the error names the parameter', async (query, field) => {
    const { sendRequest } = await withEvents();
    expect(await sendRequest({ path: '/v1/send/logs/export', query })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field } },
    });
  });

  it('has its own route, which takes precedence over the timeline of a message named "export"', async () => {
    const { sendRequest } = await withEvents();
    expect((await sendRequest({ path: '/v1/send/logs/export', query: { raw: 'true' } })).status).toBe(400);
    expect((await sendRequest({ path: '/v1/send/logs/export', method: 'POST' })).status).toBe(405);
    expect((await sendRequest({ path: '/v1/send/logs/exported' })).status).toBe(404);
  });

  it('has cursors that are valid only for the same format and filters', async () => {
    const { sendRequest } = await withEvents();
    const path = '/v1/send/logs/export';
    const cursor = String(
      (await sendRequest({ path, query: { format: 'csv', limit: '2' } })).headers['x-next-cursor'],
    );
    const refused = { status: 400, body: { error: { code: 'invalid_cursor', field: 'cursor' } } };
    expect(await sendRequest({ path, query: { format: 'ndjson', cursor } })).toMatchObject(refused);
    expect(await sendRequest({ path, query: { format: 'csv', type: 'send', cursor } })).toMatchObject(
      refused,
    );
    expect(await sendRequest({ path: '/v1/send/logs', query: { cursor } })).toMatchObject(refused);
    expect((await sendRequest({ path, query: { format: 'csv', cursor } })).status).toBe(200);
  });

  it('has up to 1,000 entries per page, while a list has up to 100', async () => {
    const { sendRequest } = await withEvents();
    const limit = { limit: '1000' };
    expect(
      (await sendRequest({ path: '/v1/send/logs', query: limit, headers: { accept: 'text/csv' } })).status,
    ).toBe(200);
    expect(await sendRequest({ path: '/v1/send/logs', query: limit })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field: 'limit' } },
    });
  });
});

describe('combined filters', () => {
  it.each([
    [{ to: 'ann@example.com', status: 'bounced' }],
    [{ to: 'ANN@example.com', type: 'engagement' }],
    [{ message_id: 'm-a', type: 'send' }],
    [{ message_id: 'm-a', to: 'ann@example.com', status: 'delivered' }],
    [{ message_id: 'm-a', to: 'nobody@example.com' }],
    [{ status: 'bounced,sent,clicked' }],
    [{ status: 'bounced,sent', type: 'bounce' }],
    [{ status: 'opened,delivered', to: 'ann@example.com' }],
  ])('%j return the entries that match all of them', async (query) => {
    const { logs } = await withEvents();
    const filters = query as Record<string, string>;
    const expected = EVENTS.toReversed().filter(
      (event) =>
        (filters['to'] === undefined || event.to?.toLowerCase() === filters['to'].toLowerCase()) &&
        (filters['message_id'] === undefined || event.message_id === filters['message_id']) &&
        (filters['status'] === undefined || filters['status'].split(',').includes(event.event)) &&
        (filters['type'] === undefined || LOG_TYPE_OF[event.event] === filters['type']),
    );
    expect(idsOf(await logs({ ...filters, limit: '100' }))).toEqual(expected.map((event) => event.event_id));
  });
});
