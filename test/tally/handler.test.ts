/** The entry point of tally, when the reputation guard cannot do its work. */
import { marshall } from '@aws-sdk/util-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { intervalStart } from '../../lambdas/core/intervals.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import { readEventCounters } from '../../lambdas/store/counters.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { readReputationState } from '../../lambdas/store/reputation.ts';
import { WORKSPACE_ID, anEvent } from '../../sim/builders/events.ts';
import { HANDLER_ENV } from '../../sim/handler-env.ts';
import { simulatedTable } from '../../sim/table.ts';
import { captureLogs } from '../proof/tenants/log-capture.ts';

const NOW_MS = Date.now();

/** A bad import: each of 100 emails bounces. */
function importRecords(): DynamoDBRecord[] {
  const timestamp = formatTimestamp(NOW_MS);
  const rows = Array.from({ length: 100 }, (_, index) =>
    (['sent', 'bounced'] as const).map((event) => anEvent({ message_id: `m-${index}`, event, timestamp })),
  ).flatMap((events) => eventRows(events, { retentionDays: 90, receivedAtMs: NOW_MS }));
  return rows.map((row, index) => ({
    eventName: 'INSERT',
    dynamodb: {
      Keys: marshall({ pk: row.pk, sk: row.sk }),
      NewImage: marshall(row, { removeUndefinedValues: true }),
      SequenceNumber: String(index + 1),
    },
  })) as DynamoDBRecord[];
}

/** Runs the handler. Every call to DynamoDB whose input `fails` selects is rejected. */
async function runTally(fails: (input: string) => boolean, remainingMs = 60_000) {
  const table = simulatedTable();
  vi.spyOn(DynamoDBDocumentClient.prototype, 'send').mockImplementation((async (command: {
    readonly input: object;
  }) => {
    if (fails(JSON.stringify(command.input)))
      throw Object.assign(new Error('Unavailable'), { name: 'InternalServerError' });
    return table.client.send(command as never);
  }) as never);
  const logs = captureLogs();
  try {
    const { handler } = await import('../../lambdas/handlers/tally.ts');
    await handler(
      { Records: importRecords(), shardId: 'shard-1' },
      { getRemainingTimeInMillis: () => remainingMs },
    );
  } finally {
    logs.stop();
  }
  const lines = logs.lines().map((line) => JSON.parse(line) as Record<string, unknown>);
  const afterMs = intervalStart(NOW_MS, 'hour');
  const range = { interval: 'hour', afterMs, beforeMs: afterMs + 3_600_000 } as const;
  const [counts] = (await readEventCounters(table, WORKSPACE_ID, range)).values();
  return { table, lines, counts, text: logs.text() };
}

beforeEach(() => {
  for (const [name, value] of Object.entries(HANDLER_ENV)) vi.stubEnv(name, value);
  vi.resetModules();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('the tally function', () => {
  it('logs the change of a state, with its reasons', async () => {
    const { table, lines } = await runTally(() => false);
    expect(await readReputationState(table, WORKSPACE_ID)).toMatchObject({ state: 'warning' });
    expect(lines).toContainEqual(
      expect.objectContaining({
        message: 'tally.reputation',
        changes: [
          expect.objectContaining({
            workspace_id: WORKSPACE_ID,
            configuration_set: null,
            from: 'ok',
            to: 'warning',
          }),
        ],
      }),
    );
  });

  it('counts the batch and raises an alarm if no time is left for the guard', async () => {
    const { lines, counts } = await runTally(() => false, 15_000);
    expect(counts).toMatchObject({ sent: 100, bounced: 100 });
    const [line] = lines.filter(({ message }) => message === 'tally.reputation_unchecked');
    expect(line).toMatchObject({ RecordsUncounted: 1, unchecked: [{ workspace_id: WORKSPACE_ID }] });
  });

  it.each([
    ['read the state', (input: string) => input.includes('#REP')],
    ['write the state', (input: string) => input.includes('"Put"') && input.includes('#REP')],
    ['read the counters', (input: string) => input.includes('"#pk = :pk AND sk BETWEEN')],
  ])('counts the batch and raises an alarm if the guard cannot %s', async (_name, fails) => {
    const { table, lines, counts, text } = await runTally(fails);
    expect(counts).toMatchObject({ sent: 100, bounced: 100 });
    expect((await readReputationState(table, WORKSPACE_ID)).state).toBe('ok');
    const [line] = lines.filter(({ message }) => message === 'tally.reputation_unchecked');
    expect(line).toMatchObject({
      level: 'ERROR',
      RecordsUncounted: 1,
      unchecked: [{ workspace_id: WORKSPACE_ID, error: { name: 'InternalServerError' } }],
    });
    expect(text).not.toContain('@');
  });
});
