/** The list of messages and the search, on the deployed table. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { api, stack, until } from './client.ts';

const word = `Grüße-${randomUUID().slice(0, 8)}`;
const BOUNCE = 'bounce@simulator.amazonses.com';
const SUCCESS = 'success@simulator.amazonses.com';
let messageId: string;

interface Listed {
  readonly message_id: string;
  readonly to: string;
  readonly status: string;
  readonly error?: Record<string, string>;
}

/** The entries of this file's message, from all pages of a search. A busy machine ends a page of a search after 5 s. */
async function list(path: string, query: Record<string, string>): Promise<readonly Listed[]> {
  const found: Listed[] = [];
  let cursor: string | undefined;
  do {
    const parameters = new URLSearchParams({ ...query, ...(cursor !== undefined && { cursor }) });
    const { status, body } = await api('GET', `${path}?${parameters.toString()}`);
    expect(status).toBe(200);
    found.push(...(body.data as readonly Listed[]).filter((each) => each.message_id === messageId));
    cursor = body.searched_until === null ? undefined : (body.next_cursor as string);
  } while (cursor !== undefined);
  return found;
}

beforeAll(async () => {
  const sent = await api('POST', '/v1/send', {
    from: stack.from,
    to: [BOUNCE, SUCCESS],
    subject: `${word} aus Köln`,
    text: 'Hello.',
    tags: { campaign: word.slice(-8) },
  });
  messageId = sent.body.message_id as string;
  await until('the outcome of both recipients', async () => {
    const found = await list('/v1/messages', { q: messageId });
    return found.length === 2 && found.every(({ status }) => status !== 'sent') ? found : undefined;
  });
});

describe('the list of messages', () => {
  it('has one entry for each recipient, with its current status and the reason of a bounce', async () => {
    const found = await list('/v1/messages', { limit: '100' });
    expect(found.map(({ to, status }) => `${to} ${status}`).toSorted()).toEqual([
      `${BOUNCE} bounced`,
      `${SUCCESS} delivered`,
    ]);
    expect(found.find(({ to }) => to === BOUNCE)?.error?.['bounce_type']).toBe('Permanent');
  });

  it.each([
    ['a message id', () => ({ q: `<${messageId}@email.amazonses.com>` }), 2],
    ['words of the subject', () => ({ q: `${word.toUpperCase()} AUS` }), 2],
    ['an address', () => ({ q: 'Bounce@simulator.amazonses.com' }), 1],
    ['the beginning of an address', () => ({ q: 'bounce@sim' }), 1],
    ['a domain', () => ({ q: '@SIMULATOR' }), 2],
    ['a tag', () => ({ tag: `campaign:${word.slice(-8)}` }), 2],
    ['a sender and a status', () => ({ from: stack.from, status: 'bounced,complained' }), 1],
  ] as const)('finds the email by %s', async (_by, query, count) => {
    expect(await list('/v1/messages', { ...query(), limit: '100' })).toHaveLength(count);
  });
});

describe('the log', () => {
  it('finds events by words of the subject and by several statuses', async () => {
    const found = await list('/v1/send/logs', { q: word, status: 'delivered,bounced', limit: '100' });
    expect(found.map(({ status }) => status).toSorted()).toEqual(['bounced', 'delivered']);
  });
});
