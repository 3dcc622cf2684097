/**
 * Users choose the names of tags and headers. Every name must survive storing, logging, exporting, delivering and counting,
 * even a name such as `__proto__`.
 */
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord, SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsv, toNdjson } from '../../lambdas/api/export.ts';
import { parseJson } from '../../lambdas/api/json.ts';
import { toLogEntry } from '../../lambdas/api/log-entry.ts';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';
import { webhookPayload } from '../../lambdas/delivery/payload.ts';
import { readEventCounters } from '../../lambdas/store/counters.ts';
import { toEmailEvent } from '../../lambdas/store/event-rows.ts';
import { getRawEvent } from '../../lambdas/store/events.ts';
import { ingestBatch } from '../../lambdas/ingest/ingest-batch.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { tallyBatch } from '../../lambdas/tally/tally-batch.ts';
import { workspaceDirectory } from '../../lambdas/store/workspaces.ts';
import { ODD_NAMES, ODD_TAG_NAMES, oddName } from '../odd-names.ts';
import { simulatedTable } from '../../sim/table.ts';
import { setUpApi } from '../api/harness.ts';

const AT = '2026-02-25T12:00:00.000Z';
const AT_MS = Date.parse(AT);
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:ivymail';

/** Returns JSON text, because an object literal cannot have a member `__proto__` and does not keep the order of numeric names. */
function jsonObject(pairs: readonly (readonly [string, unknown])[]): string {
  return `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

function sesText(messageId: string, tagName: string): string {
  const headers = JSON.stringify([{ name: tagName, value: 'v' }]);
  return `{"eventType":"Send","send":{},"mail":{"timestamp":"${AT}","messageId":"${messageId}","source":"you@example.com",
    "destination":["ann@example.com"],"headers":${headers},"commonHeaders":{"subject":"Hello"},
    "tags":${jsonObject([['campaign', ['spring']], ...(tagName === 'campaign' ? [] : [[tagName, ['v']] as const])])}}}`;
}

function record(id: string, text: string): SQSRecord {
  const body = JSON.stringify({ Type: 'Notification', TopicArn: TOPIC, Message: text });
  return { messageId: id, body, attributes: { SentTimestamp: String(AT_MS) } } as unknown as SQSRecord;
}

async function ingest(texts: readonly string[]) {
  const table = simulatedTable();
  const workspaces = workspaceDirectory(table, () => AT_MS);
  const deps = { table, workspaces, retentionDays: 90, topicArn: TOPIC };
  const report = await ingestBatch(
    deps,
    texts.map((text, index) => record(`sqs-${index}`, text)),
  );
  const rows = [...table.rows.values()].filter((row) => row['kind'] === 'event');
  return { table, report, rows };
}

function streamRecord(row: Row, index: number): DynamoDBRecord {
  return {
    dynamodb: { NewImage: marshall(row) as never, SequenceNumber: String(100 + index) },
  };
}

/** Checks every step for one odd tag name, in a batch of three messages. */
async function followTag(name: string): Promise<void> {
  const { table, report, rows } = await ingest([
    sesText('m-before', 'campaign'),
    sesText('m-odd', name),
    sesText('m-after', 'campaign'),
  ]);
  expect(report).toMatchObject({ failedMessageIds: [], counts: { quarantined: 0, failed: 0, events: 3 } });
  expect(rows).toHaveLength(3);

  // Dispatch and tally receive the row from the stream in this form.
  const row = rows.find(({ pk }) => pk.endsWith('m-odd'));
  if (!row) throw new Error('The odd message is not stored');
  const event = toEmailEvent(unmarshall(marshall(row)) as Row);
  const expectedPairs =
    name.startsWith('ses:') || name.startsWith('ivymail_') || name === 'campaign'
      ? []
      : [[name.toWellFormed(), 'v']];
  expect(new Map(event.tags)).toEqual(
    new Map([['campaign', 'spring'], ...(expectedPairs as [string, string][])]),
  );

  const tagsOf = (text: string): ReadonlyMap<string, unknown> =>
    new Map(Object.entries((JSON.parse(text) as { tags: object }).tags));
  const expectedTags = new Map(event.tags);
  expect(tagsOf(webhookPayload(event))).toEqual(expectedTags);
  expect(tagsOf(JSON.stringify(toLogEntry(event)))).toEqual(expectedTags);
  expect(tagsOf(toNdjson([event]))).toEqual(expectedTags);
  expect(toCsv([event], { first: true })).toContain('m-odd');
  expect(await getRawEvent(table, event)).toBe(sesText('m-odd', name));

  const counted = simulatedTable();
  const tallyReport = await tallyBatch(
    { table: counted, retentionDays: 90, now: () => AT_MS },
    { shardId: 'shard', records: rows.map(streamRecord) },
  );
  expect(tallyReport).toMatchObject({ counted: 3, unreadable: [] });
  const range = { interval: 'day', afterMs: AT_MS - 86_400_000, beforeMs: AT_MS + 86_400_000 } as const;
  const [counts] = [...(await readEventCounters(counted, DEFAULT_WORKSPACE_ID, range)).values()];
  expect(counts?.sent).toBe(3);
}

describe('an email tag', () => {
  it.each(ODD_NAMES.map((name) => [JSON.stringify(name.slice(0, 40)), name] as const))(
    'named %s is stored, logged, exported, delivered and counted, as are the other messages of the batch',
    async (_shown, name) => {
      await expect(followTag(name)).resolves.toBeUndefined();
    },
  );

  it('with a random name is, too', async () => {
    await fc.assert(fc.asyncProperty(oddName, followTag), { numRuns: 60 });
  });
});

describe('a row of version 0.1.0', () => {
  it('stores its tags as a map and can still be read', () => {
    const [name, value] = ['campaign', 'spring'];
    const event = toEmailEvent({
      pk: `M#${DEFAULT_WORKSPACE_ID}#m`,
      sk: `E#${AT}#evt_aaaaaaaaaaaaaaaaaaaaaaaaaa`,
      event: 'sent',
      from: 'you@example.com',
      tags: { [name]: value },
    });
    expect(event.tags).toEqual([[name, value]]);
  });
});

describe('POST /v1/send', () => {
  const send = async (fields: string, to = 'ann@example.com') => {
    const world = setUpApi();
    const body = `{"from":"you@example.com","to":["${to}"],"subject":"Hello","text":"Hi",${fields}}`;
    return {
      world,
      response: await world.sendRequest({ method: 'POST', path: '/v1/send', body, scopes: ['send'] }),
    };
  };

  it.each(ODD_TAG_NAMES)('sends a tag named %s', async (name) => {
    const { world, response } = await send(`"tags":${jsonObject([[name, 'v']])}`);
    expect(response.status).toBe(202);
    expect(world.emails[0]?.EmailTags).toContainEqual({ Name: name, Value: 'v' });
  });

  it.each(ODD_TAG_NAMES)('logs a tag named %s for a suppressed recipient', async (name) => {
    const world = setUpApi();
    await world.sendRequest({
      method: 'POST',
      path: '/v1/suppressions',
      body: { address: 'ann@example.com', reason: 'manual' },
    });
    const body = `{"from":"you@example.com","to":["ann@example.com"],"subject":"Hello","text":"Hi","tags":${jsonObject([[name, 'v']])}}`;
    const response = await world.sendRequest({ method: 'POST', path: '/v1/send', body });
    expect(response.status).toBe(202);
    const log = await world.sendRequest({ path: '/v1/send/logs' });
    expect(Object.entries(log.body.data[0].tags as object)).toEqual([[name, 'v']]);
  });

  it.each(ODD_TAG_NAMES)('sends a header named %s', async (name) => {
    const { world, response } = await send(`"headers":${jsonObject([[name.slice(0, 126), 'v']])}`);
    expect(response.status).toBe(202);
    expect(world.emails[0]?.Content.Simple['Headers']).toEqual([{ Name: name.slice(0, 126), Value: 'v' }]);
  });

  it('names the refused tag or header in the error, for any name', async () => {
    await fc.assert(
      fc.asyncProperty(oddName, fc.constantFrom('tags', 'headers'), async (name, field) => {
        const { response } = await send(`"${field}":${jsonObject([[name, 'a b\u0000']])}`);
        expect(response).toMatchObject({
          status: 422,
          body: { error: { code: 'invalid_field', field: `${field}.${name}` } },
        });
      }),
      { numRuns: 200 },
    );
  });
});

describe('a request body', () => {
  it.each(ODD_TAG_NAMES.filter((name) => name !== 'name'))(
    'with an unknown field named %s is refused, and the error names the field',
    async (name) => {
      const world = setUpApi();
      const body = `{"name":"ci","scopes":["read"],${JSON.stringify(name)}:1}`;
      expect(parseJson(body)).toBeTypeOf('object');
      const response = await world.sendRequest({ method: 'POST', path: '/v1/api-keys', body });
      expect(response).toMatchObject({ status: 422, body: { error: { field: name } } });
    },
  );
});
