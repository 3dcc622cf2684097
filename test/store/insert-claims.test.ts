import { BatchExecuteStatementCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  CLAIMS_PER_BATCH,
  claimAttempt,
  insertClaims,
  type Claim,
} from '../../lambdas/store/delivery-claims.ts';
import { deliveryAddressKey } from '../../lambdas/store/keys.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { aClaim } from '../../sim/builders/rows.ts';
import { parseInsert, type Statement } from '../../sim/partiql.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

const NOW_MS = Date.parse('2026-02-25T12:00:05Z');
const ENDPOINT = anEndpoint();
const TTL = 1_800_000_000;

function claimsOf(count: number): readonly Claim[] {
  return Array.from({ length: count }, (_, index) => {
    const event = anEvent({ message_id: `m-${index}` });
    return { task: aTask(event, ENDPOINT), stored: { event, ttl: TTL }, execution: 'one', nowMs: NOW_MS };
  });
}

const rowOf = (table: SimulatedTable, { stored }: Claim) => {
  const { pk, sk } = deliveryAddressKey(stored.event, ENDPOINT.id);
  return table.rows.get(`${pk}\n${sk}`);
};

/**
 * Makes statements fail. `codeOf` gets the position of the claim and the number of the call, from 1. Returns the size of each
 * call.
 */
function failStatements(
  table: SimulatedTable,
  claims: readonly Claim[],
  codeOf: (position: number, call: number) => string | undefined,
): readonly number[] {
  const sizes: number[] = [];
  const send = table.client.send.bind(table.client) as (command: object) => Promise<object>;
  const positionOf = new Map(
    claims.map(({ stored }, index) => [deliveryAddressKey(stored.event, ENDPOINT.id).pk, index]),
  );
  Object.assign(table.client, {
    async send(command: { input: { Statements: readonly Statement[] } }) {
      const { Statements: statements } = command.input;
      sizes.push(statements.length);
      const codes = statements.map((each) =>
        codeOf(positionOf.get(parseInsert(each).item.pk) ?? -1, sizes.length),
      );
      const executed = statements.filter((_, index) => codes[index] === undefined);
      const copy = Object.assign(Object.create(Object.getPrototypeOf(command) as object) as object, {
        input: { Statements: executed },
      });
      const { Responses: responses } = (executed.length > 0 ? await send(copy) : { Responses: [] }) as {
        Responses: object[];
      };
      return {
        Responses: codes.map((Code) =>
          Code === undefined ? responses.shift() : { Error: { Code, Message: 'm' } },
        ),
      };
    },
  });
  return sizes;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

async function insert(table: SimulatedTable, claims: readonly Claim[]) {
  const results = insertClaims(table, claims);
  await vi.runAllTimersAsync();
  return results;
}

describe('insertClaims', () => {
  it('inserts 25 claims in one call, and no delivery', async () => {
    const table = simulatedTable();
    const claims = claimsOf(CLAIMS_PER_BATCH);
    const results = await insert(table, claims);
    expect(table.calls).toEqual(['BatchExecuteStatementCommand']);
    expect([...table.rows.values()]).toEqual(
      claims.map(({ stored }) => aClaim(stored.event, ENDPOINT, { nowMs: NOW_MS, ttl: TTL })),
    );
    const value = {
      claimed: true,
      isFirst: true,
      createdAt: '2026-02-25T12:00:05Z',
      run: 'auto',
      leaseUntilMs: NOW_MS + 60_000,
      isTakenOver: false,
    };
    expect(results).toEqual(claims.map(() => ({ status: 'fulfilled', value })));
  });

  it('returns undefined for a row that exists, which stays unchanged, and inserts the other claims', async () => {
    const table = simulatedTable();
    const claims = claimsOf(3);
    const existing = aClaim(claims[1]?.stored.event ?? anEvent(), ENDPOINT, { nowMs: 0, lease_owner: 'two' });
    await putRows(table, [existing]);
    table.calls.length = 0;
    const results = await insert(table, claims);
    expect(results.map((result) => result.status === 'fulfilled' && result.value?.claimed)).toEqual([
      true,
      undefined,
      true,
    ]);
    expect(claims[1] && rowOf(table, claims[1])).toEqual(existing);
    expect(table.calls).toHaveLength(1);
  });

  it.each([
    'InternalServerError',
    'ProvisionedThroughputExceeded',
    'RequestLimitExceeded',
    'ThrottlingError',
    'TransactionConflict',
  ])('repeats only the claims that failed with %s', async (code) => {
    const table = simulatedTable();
    const claims = claimsOf(4);
    const sizes = failStatements(table, claims, (position, call) => (position >= call ? code : undefined));
    const results = await insert(table, claims);
    expect(results.every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(sizes).toEqual([4, 3, 2, 1]);
    expect(table.rows.size).toBe(4);
  });

  it('gives up a claim after four tries, which changes no other claim', async () => {
    const table = simulatedTable();
    const claims = claimsOf(3);
    const sizes = failStatements(table, claims, (position) =>
      position === 1 ? 'ThrottlingError' : undefined,
    );
    const results = await insert(table, claims);
    expect(sizes).toEqual([3, 1, 1, 1]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({
      reason: { name: 'InternalError', message: expect.stringContaining('ThrottlingError') },
    });
  });

  it('waits 50, 100 and 200 ms between its tries', async () => {
    const table = simulatedTable();
    const claims = claimsOf(1);
    const sizes = failStatements(table, claims, () => 'ThrottlingError');
    const done = insertClaims(table, claims);
    const seen: number[] = [];
    for (const ms of [0, 49, 1, 99, 1, 199, 1]) {
      await vi.advanceTimersByTimeAsync(ms);
      seen.push(sizes.length);
    }
    expect(seen).toEqual([1, 1, 2, 2, 3, 3, 4]);
    expect(await done).toMatchObject([{ status: 'rejected' }]);
  });

  it.each(['ValidationError', 'AccessDenied', 'ItemCollectionSizeLimitExceeded', 'NeverSeen'])(
    'rejects a claim that failed with %s at once',
    async (code) => {
      const table = simulatedTable();
      const claims = claimsOf(2);
      const sizes = failStatements(table, claims, (position) => (position === 0 ? code : undefined));
      const results = await insert(table, claims);
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
      expect(sizes).toEqual([2]);
    },
  );

  it('does not count a claim as inserted if its response is missing', async () => {
    const table = simulatedTable();
    const claims = claimsOf(2);
    let calls = 0;
    Object.assign(table.client, {
      async send() {
        calls += 1;
        return {};
      },
    });
    const results = await insert(table, claims);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(calls).toBe(4);
  });

  it('makes no call without claims', async () => {
    const table = simulatedTable();
    expect(await insert(table, [])).toEqual([]);
    expect(table.calls).toEqual([]);
  });

  it('throws the error of the whole call, so that no claim counts as inserted', async () => {
    const table = simulatedTable();
    table.before = () => {
      throw new Error('Slow down');
    };
    await expect(insertClaims(table, claimsOf(2))).rejects.toThrow('Slow down');
  });
});

describe('claimAttempt for a delivery without a row', () => {
  const [claim] = claimsOf(1) as [Claim];
  const claimed = async (table: SimulatedTable, of: Claim = claim) => {
    const outcome = claimAttempt(table, of);
    // A rejection is handled by the caller, after the timers have run.
    await Promise.allSettled([outcome, vi.runAllTimersAsync()]);
    return outcome;
  };

  it('accepts its own claim, which the SDK inserts twice if the first response was lost', async () => {
    const table = simulatedTable();
    await insert(table, [claim]);
    expect(await claimed(table)).toMatchObject({ claimed: true, isFirst: true, isTakenOver: false });
  });

  it('refuses the claim that another execution made in the same millisecond', async () => {
    const table = simulatedTable();
    await insert(table, [claim]);
    expect(await claimed(table, { ...claim, execution: 'two' })).toMatchObject({
      claimed: false,
      leaseUntilMs: NOW_MS + 60_000,
    });
    expect(rowOf(table, claim)).toMatchObject({ lease_owner: 'one' });
  });

  it('reads the claim consistently, because it may be a few milliseconds old', async () => {
    const table = simulatedTable();
    await insert(table, [claim]);
    const reads: unknown[] = [];
    table.before = (command, input) => {
      if (command === 'GetCommand') reads.push(input['ConsistentRead']);
    };
    await claimed(table, { ...claim, execution: 'two' });
    expect(reads).toEqual([true]);
  });

  it('is refused for a second if another execution inserts the claim after the read', async () => {
    const table = simulatedTable();
    const [other] = claimsOf(1) as [Claim];
    table.before = (command) => {
      if (command !== 'BatchExecuteStatementCommand') return;
      const row = aClaim(other.stored.event, ENDPOINT, { nowMs: NOW_MS, lease_owner: 'two' });
      table.rows.set(`${row.pk}\n${row.sk}`, row);
    };
    expect(await claimed(table)).toMatchObject({ claimed: false, leaseUntilMs: NOW_MS + 1000 });
    expect(rowOf(table, claim)).toMatchObject({ lease_owner: 'two' });
  });

  it('throws if its claim cannot be inserted', async () => {
    const table = simulatedTable();
    const send = table.client.send.bind(table.client) as (command: object) => Promise<object>;
    Object.assign(table.client, {
      send: (command: object) =>
        command instanceof BatchExecuteStatementCommand
          ? Promise.resolve({ Responses: [{ Error: { Code: 'ThrottlingError', Message: 'm' } }] })
          : send(command),
    });
    await expect(claimed(table)).rejects.toMatchObject({ name: 'InternalError' });
  });

  it('throws if only the update of the delivery fails, although no claim exists', async () => {
    const table = simulatedTable();
    table.before = (command) => {
      if (command === 'UpdateCommand') throw new Error('Slow down');
    };
    await expect(claimed(table)).rejects.toThrow('Slow down');
    expect(table.rows.size).toBe(0);
  });
});
