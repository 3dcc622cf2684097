import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../lambdas/core/deliveries.ts';
import { deliveryId } from '../../lambdas/core/ids.ts';
import { getDelivery } from '../../lambdas/store/deliveries.ts';
import { claimAttempt } from '../../lambdas/store/delivery-claims.ts';
import { settleDelivery, type Settlement } from '../../lambdas/store/delivery-settlement.ts';
import {
  FIRST_ATTEMPTS_PER_BATCH,
  insertFirstAttempts,
  storeLateFirstAttempt,
  type FirstAttempt,
} from '../../lambdas/store/first-attempts.ts';
import { itemSizeBytes } from '../../lambdas/store/item-size.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const NOW_MS = Date.parse('2026-02-25T12:00:05Z');
const CREATED = '2026-02-25T12:00:04Z';
const ENDPOINT = anEndpoint();
const OK: Partial<Attempt> = { status_code: 200 };
const FAILED: Partial<Attempt> = { status_code: 500, error_class: 'http_status' };

function firstAttempt(
  name: string,
  status: FirstAttempt['status'] = 'delivered',
  result: Partial<Attempt> = status === 'delivered' ? OK : FAILED,
): FirstAttempt {
  const event = anEvent({ message_id: `m-${name}` });
  return {
    task: aTask(event, ENDPOINT),
    stored: { event, ttl: 1_800_000_000 },
    attempt: { number: 1, trigger: 'auto', started_at: CREATED, duration_ms: 12, ...result },
    status,
    createdAt: CREATED,
    run: 'auto',
    nowMs: NOW_MS,
  };
}

const FIRST = firstAttempt('a');

const rowsOf = (table: SimulatedTable, kind: string): readonly Row[] =>
  [...table.rows.values()].filter((row) => row['kind'] === kind);

async function read(table: SimulatedTable, first = FIRST) {
  const id = deliveryId(first.stored.event.event_id, ENDPOINT.id);
  return getDelivery(table, WORKSPACE_ID, id);
}

/** Claims the first attempt, as every invocation does that makes it. */
const claim = (table: SimulatedTable, { task, stored }: FirstAttempt = FIRST) =>
  claimAttempt(table, { task, stored, execution: 'one', nowMs: NOW_MS });

describe('insertFirstAttempts', () => {
  it('stores 25 successes in one call, each as one row', async () => {
    const table = simulatedTable();
    const names = Array.from({ length: FIRST_ATTEMPTS_PER_BATCH }, (_, index) => String(index));
    const results = await insertFirstAttempts(
      table,
      names.map((name) => firstAttempt(name)),
    );
    expect(results).toEqual(names.map(() => ({ status: 'fulfilled', value: undefined })));
    expect(table.calls).toEqual(['BatchWriteCommand']);
    expect(rowsOf(table, 'delivery').map((row) => row['attempt'])).toEqual(names.map(() => FIRST.attempt));
    expect(table.rows.size).toBe(25);
  });

  it('keeps a success inside the row of the delivery up to exactly one write unit', async () => {
    const excerptOf = (length: number) =>
      firstAttempt('a', 'delivered', { ...OK, response_excerpt: 'x'.repeat(length) });
    const empty = simulatedTable();
    await insertFirstAttempts(empty, [excerptOf(0)]);
    const [whole] = rowsOf(empty, 'delivery');
    const space = 1024 - itemSizeBytes(whole ?? {});
    for (const [length, attempts] of [
      [space, 0],
      [space + 1, 1],
    ] as const) {
      const table = simulatedTable();
      await claim(table);
      await insertFirstAttempts(table, [excerptOf(length)]);
      expect(rowsOf(table, 'attempt')).toHaveLength(attempts);
      expect((await read(table))?.attempts).toEqual([excerptOf(length).attempt]);
      for (const row of rowsOf(table, 'delivery')) expect(itemSizeBytes(row)).toBeLessThanOrEqual(1024);
    }
  });

  it('stores a manual attempt without changing the run, which has made no attempt', async () => {
    const table = simulatedTable();
    const manual = firstAttempt('a', 'retrying');
    const task = { ...manual.task, trigger: 'manual' as const, run: 'req_1' };
    await insertFirstAttempts(table, [{ ...manual, task }]);
    expect(rowsOf(table, 'delivery')).toMatchObject([
      { run: 'auto', run_attempts: 0, last_manual_run: 'req_1', attempt_count: 1, status: 'retrying' },
    ]);
  });

  it.each(['delivery', 'attempt'])(
    'rejects only the first attempt whose %s was not stored, with the error',
    async (kind) => {
      const table = simulatedTable();
      const firsts = [firstAttempt('a'), firstAttempt('b', 'retrying'), firstAttempt('c')];
      table.before = (_command, input) => {
        const requests = input['RequestItems'] as { table: { PutRequest: { Item: Row } }[] };
        if (
          requests.table.some(
            ({ PutRequest: { Item } }) => Item['kind'] === kind && Item['status'] !== 'delivered',
          )
        )
          throw Object.assign(new Error('Bad row'), { name: 'ValidationException' });
      };
      const results = await insertFirstAttempts(table, firsts);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(results[1]).toMatchObject({ reason: { message: 'Bad row' } });
      expect(rowsOf(table, 'delivery')).toHaveLength(kind === 'delivery' ? 2 : 3);
    },
  );

  it('rejects every first attempt of a call that is throttled', async () => {
    const table = simulatedTable();
    table.before = () => {
      throw Object.assign(new Error('Slow down'), { name: 'ThrottlingException' });
    };
    const results = await insertFirstAttempts(table, [firstAttempt('a'), firstAttempt('b')]);
    for (const result of results)
      expect(result).toMatchObject({ status: 'rejected', reason: { message: 'Slow down' } });
  });
});

describe('storeLateFirstAttempt', () => {
  const settlementOf = (first: FirstAttempt): Settlement => ({
    status: first.status,
    attemptCount: 1,
    nowMs: NOW_MS,
    ...(first.nextAttemptAt !== undefined && { nextAttemptAt: first.nextAttemptAt }),
  });
  const storeLate = (table: SimulatedTable, first: FirstAttempt) =>
    storeLateFirstAttempt(table, first, settlementOf(first));
  const failure = { ...firstAttempt('a', 'retrying'), nextAttemptAt: '2026-02-25T12:01:05Z' };

  it.each([
    ['success', FIRST],
    ['failure', failure],
  ])('stores the same rows as an attempt in time: a %s', async (_name, first) => {
    const [late, inTime] = [simulatedTable(), simulatedTable()];
    await storeLate(late, first);
    await insertFirstAttempts(inTime, [first]);
    expect(late.rows).toEqual(inTime.rows);
  });

  it.each([
    ['success', FIRST],
    ['failure', failure],
  ])('changes nothing when a %s is stored again', async (_name, first) => {
    const table = simulatedTable();
    await claim(table);
    await storeLate(table, first);
    const rows = structuredClone([...table.rows.values()]);
    await storeLate(table, first);
    expect([...table.rows.values()]).toEqual(rows);
  });

  it.each(['PutCommand', 'UpdateCommand'])(
    'stores everything in the second try if a %s failed after the first row',
    async (failed) => {
      const table = simulatedTable();
      await claim(table);
      if (failed === 'UpdateCommand') await insertFirstAttempts(table, [failure]);
      let puts = 0;
      table.before = (command) => {
        if (command === 'PutCommand') puts += 1;
        if (command === failed && (failed === 'UpdateCommand' || puts === 2)) throw new Error('Slow down');
      };
      await expect(storeLate(table, failure)).rejects.toThrow('Slow down');
      table.before = () => {};
      await storeLate(table, failure);
      expect(await read(table)).toMatchObject({
        delivery: { status: 'retrying', attempt_count: 1, next_attempt_at: failure.nextAttemptAt },
        attempts: [failure.attempt],
      });
    },
  );

  it('lets a late success settle the failure of another execution, whose attempt stays', async () => {
    const table = simulatedTable();
    await claim(table);
    await insertFirstAttempts(table, [failure]);
    await storeLate(table, FIRST);
    expect(await read(table)).toMatchObject({
      delivery: { status: 'delivered', attempt_count: 1 },
      attempts: [failure.attempt],
    });
  });

  it('does not change the success of another execution, and adds no second attempt with its number', async () => {
    const table = simulatedTable();
    await claim(table);
    await insertFirstAttempts(table, [FIRST]);
    const rows = structuredClone([...table.rows.values()]);
    await storeLate(table, failure);
    expect([...table.rows.values()]).toEqual(rows);
  });

  it('does not change the result of a later attempt, and adds the missing first one', async () => {
    const table = simulatedTable();
    await claim(table);
    await insertFirstAttempts(table, [failure]);
    for (const { pk, sk } of rowsOf(table, 'attempt')) table.rows.delete(`${pk}\n${sk}`);
    await settleDelivery(table, failure.task, { status: 'delivered', attemptCount: 2, nowMs: NOW_MS });
    await storeLate(table, failure);
    expect(await read(table)).toMatchObject({
      delivery: { status: 'delivered', attempt_count: 2 },
      attempts: [failure.attempt],
    });
  });
});
