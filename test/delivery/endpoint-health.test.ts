/** The health of an endpoint and its history, over many overlapping attempts and stale successes. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { healthOf } from '../../lambdas/core/endpoint-health.ts';
import type { Endpoint } from '../../lambdas/core/endpoints.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import type { DeliverDeps } from '../../lambdas/delivery/attempt.ts';
import type { AttemptResult } from '../../lambdas/delivery/send.ts';
import { listEndpointHistory } from '../../lambdas/store/endpoint-history.ts';
import { closeBreaker } from '../../lambdas/store/endpoint-health.ts';
import { disableEndpoint, getEndpoint, updateEndpoint } from '../../lambdas/store/endpoints.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { deliverTask, type DeliveredTask } from '../../sim/builders/deliver-task.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { putEndpoint } from '../../sim/builders/rows.ts';
import { simulatedTable } from '../../sim/table.ts';

const START_MS = Date.parse('2026-02-25T12:00:00Z');
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

const OK: AttemptResult = { started_at: '2026-02-25T12:00:00Z', duration_ms: 12, status_code: 200 };
const FAILED: AttemptResult = { ...OK, status_code: 500, error_class: 'http_status' };

/** An attempt that waits for the response to its request. */
interface InProgressAttempt {
  readonly end: (result: AttemptResult) => Promise<DeliveredTask>;
}

async function setUp(changes: Partial<Endpoint> = {}) {
  const endpoint = anEndpoint(changes);
  const table = simulatedTable();
  await putEndpoint(table, endpoint);
  const world = { nowMs: START_MS, attempts: 0 };
  let onSent: (respond: (result: AttemptResult) => void) => void = () => {};
  const deps: DeliverDeps = {
    table,
    secrets: { open: (_endpoint, { version }) => Promise.resolve(Buffer.alloc(24, version)) },
    send: () =>
      new Promise((resolve) => {
        onSent(resolve);
      }),
    retry: { firstDelaySeconds: 60, factor: 5, count: 3 },
    now: () => world.nowMs,
    random: () => 0.5,
    randomBytes,
    onUnrecorded: (error) => {
      throw error;
    },
  };
  /** Begins an attempt of a new delivery, as a probe, so that an open breaker does not hold it. */
  async function start(): Promise<InProgressAttempt> {
    world.attempts += 1;
    const event = anEvent({ message_id: `m-${world.attempts}` });
    await putRows(table, eventRows([event], { retentionDays: 90, receivedAtMs: START_MS }));
    const sent = new Promise<(result: AttemptResult) => void>((resolve) => {
      onSent = resolve;
    });
    const report = deliverTask(deps, { task: aTask(event, endpoint, { run: 'probe' }), execution: 'one' });
    const respond = await sent;
    return {
      end(result) {
        respond(result);
        return report;
      },
    };
  }
  async function attempt(result: AttemptResult): Promise<DeliveredTask> {
    const sent = await start();
    world.nowMs += 1;
    return sent.end(result);
  }
  async function fail(times: number, everyMs = SECOND): Promise<readonly string[]> {
    const transitions: string[] = [];
    for (let count = 0; count < times; count += 1) {
      world.nowMs += everyMs;
      transitions.push((await attempt(FAILED)).endpointTransition);
    }
    return transitions;
  }
  async function stored(): Promise<Endpoint> {
    const current = await getEndpoint(table, WORKSPACE_ID, endpoint.id);
    if (!current) throw new Error('The endpoint does not exist');
    return current;
  }
  const ids = { workspaceId: WORKSPACE_ID, endpointId: endpoint.id };
  /** Oldest first. */
  const history = async () =>
    (await listEndpointHistory(table, { ...ids, limit: 1_000 })).items
      .map(({ action }) => action)
      .toReversed();
  const health = async () => healthOf(await stored(), world.nowMs);
  const commands = () => [...table.rows.values()].filter((row) => row['kind'] === 'command');
  return { table, endpoint, ids, world, start, attempt, fail, stored, history, health, commands };
}

describe('the history of a failing endpoint', () => {
  it('has one failing entry, also if more probes fail and the breaker opens again', async () => {
    const { fail, table, stored, history, health, world } = await setUp();
    const transitions = [...(await fail(10))];
    for (let probe = 0; probe < 5; probe += 1) {
      await closeBreaker(table, await stored());
      expect(await health()).toBe('failing');
      transitions.push(...(await fail(1, 15 * MINUTE)));
      expect(await stored()).toHaveProperty('breaker_opened_at', formatTimestamp(world.nowMs));
    }
    expect(await history()).toEqual(['failing']);
    // The metric of the alarm is also counted once.
    expect(transitions.filter((each) => each === 'failing')).toHaveLength(1);
  });

  it('has one recovered entry after two successes', async () => {
    const { fail, attempt, history, health, commands, stored } = await setUp();
    await fail(12);
    await attempt(OK);
    await attempt(OK);
    expect(await history()).toEqual(['failing', 'recovered']);
    expect(await health()).toBe('healthy');
    // One command probes, and the other command drains the held deliveries.
    expect(commands()).toHaveLength(2);
    for (const attribute of ['failing_since', 'failures', 'last_failure_at', 'breaker_opened_at', 'health'])
      expect(await stored()).not.toHaveProperty(attribute);
  });

  it('has a recovered entry after the breaker closed because nothing was held', async () => {
    const { fail, attempt, table, stored, history } = await setUp();
    await fail(10);
    await closeBreaker(table, await stored());
    await attempt(OK);
    expect(await history()).toEqual(['failing', 'recovered']);
  });

  it('has no entry for a short streak', async () => {
    const { fail, attempt, history, stored } = await setUp();
    await fail(9);
    await attempt(OK);
    expect(await history()).toEqual([]);
    expect(await stored()).not.toHaveProperty('failures');
  });

  it.each([
    ['one event a day, each at its first attempt', [0, DAY, DAY]],
    ['one event, with its retries after 1, 5 and 25 min', [0, MINUTE, 5 * MINUTE, 25 * MINUTE]],
    ['one event a week, with its retries', [0, MINUTE, 5 * MINUTE, 25 * MINUTE, 7 * DAY]],
  ])('has a failing entry for an endpoint with few events: %s', async (_label, waits) => {
    const { fail, history, health, stored } = await setUp();
    for (const wait of waits) await fail(1, wait);
    expect(await history()).toEqual(['failing']);
    expect(await health()).toBe('failing');
    // The breaker is still closed: it opens at ten failures.
    expect(await stored()).not.toHaveProperty('breaker_opened_at');
  });

  it('has no second entry when the breaker of a failing endpoint opens', async () => {
    const { fail, history, stored } = await setUp();
    await fail(4, 10 * MINUTE);
    expect(await fail(6, MINUTE)).toEqual(Array.from({ length: 6 }, () => 'none'));
    expect(await stored()).toHaveProperty('breaker_opened_at');
    expect(await history()).toEqual(['failing']);
  });

  it('has an entry for a second streak, even if its last failure is of an attempt from the first streak', async () => {
    const { fail, start, attempt, history, world } = await setUp();
    await fail(10);
    const earlyAttempt = await start();
    await attempt(OK);
    await fail(9);
    world.nowMs += SECOND;
    expect((await earlyAttempt.end(FAILED)).endpointTransition).toBe('failing');
    expect(await history()).toEqual(['failing', 'recovered', 'failing']);
  });

  it('has one entry if many attempts reach the threshold at the same moment', async () => {
    const { start, fail, world, history, commands } = await setUp();
    await fail(7);
    const sent: InProgressAttempt[] = [];
    for (let index = 0; index < 20; index += 1) sent.push(await start());
    world.nowMs += SECOND;
    const reports = await Promise.all(sent.map(({ end }) => end(FAILED)));
    expect(reports.filter((report) => report.endpointTransition === 'failing')).toHaveLength(1);
    expect(await history()).toEqual(['failing']);
    expect(commands()).toHaveLength(1);
  });

  it('has no failing entry if the endpoint was paused before its last attempts failed', async () => {
    const { fail, start, table, ids, history, health } = await setUp();
    await fail(9);
    const last = await start();
    const change = { id: 'req_a', at: formatTimestamp(START_MS), action: 'paused' as const, by: 'key_a' };
    await updateEndpoint(table, ids, { changes: { status: 'paused' }, historyEntry: change });
    await last.end(FAILED);
    expect(await history()).toEqual(['paused']);
    expect(await health()).toBe('failing');
  });

  it.each([
    ['whose breaker is open', { breaker_opened_at: '2026-02-25T11:00:00Z' }],
    ['whose breaker closed because nothing was held', {}],
  ])('has no second failing entry for a row of an earlier version %s', async (_label, changes) => {
    const earlierRow = { failing_since: '2026-02-25T10:00:00Z', failures: 12, ...changes };
    const { fail, attempt, history, table, stored } = await setUp(earlierRow);
    const transitions = [...(await fail(2))];
    await closeBreaker(table, await stored());
    transitions.push(...(await fail(2)));
    expect(await history()).toEqual([]);
    expect(new Set(transitions)).toEqual(new Set(['none']));
    await attempt(OK);
    expect(await history()).toEqual(['recovered']);
  });

  it('has no second failing entry if the breaker of an earlier version closes before the next failure', async () => {
    const earlierRow = {
      failing_since: '2026-02-25T10:00:00Z',
      failures: 12,
      breaker_opened_at: '2026-02-25T11:00:00Z',
    };
    const { fail, history, table, stored } = await setUp(earlierRow);
    await closeBreaker(table, await stored());
    await fail(2);
    expect(await history()).toEqual([]);
  });

  it('causes one write for each further failure', async () => {
    const { fail, table } = await setUp();
    await fail(10);
    table.calls.length = 0;
    await fail(3);
    expect(table.calls).not.toContain('TransactWriteCommand');
  });
});

describe('a stale success', () => {
  it('does not end a streak that began after its attempt', async () => {
    const { start, fail, stored } = await setUp();
    const stale = await start();
    await fail(3);
    await stale.end(OK);
    expect(await stored()).toMatchObject({ failures: 3 });
  });

  it('does not end a streak that is newer than the streak its attempt read', async () => {
    const { start, fail, attempt, stored } = await setUp();
    await fail(2);
    const stale = await start();
    await attempt(OK);
    await fail(4);
    const before = await stored();
    await stale.end(OK);
    expect(before).toMatchObject({ failures: 4 });
    expect(await stored()).toEqual(before);
  });

  it('does not make an endpoint healthy if the endpoint became failing after its attempt began', async () => {
    const { start, fail, stored, history, health, commands } = await setUp();
    await fail(3);
    const stale = await start();
    await fail(7);
    await stale.end(OK);
    expect(await stored()).toMatchObject({ failures: 10, health: 'failing' });
    expect(await stored()).toHaveProperty('breaker_opened_at');
    expect(await health()).toBe('failing');
    expect(await history()).toEqual(['failing']);
    expect(commands()).toHaveLength(1);
  });

  it('does not make a failing endpoint healthy if a failure was added since its attempt began', async () => {
    const { start, fail, stored, history } = await setUp();
    await fail(10);
    const stale = await start();
    await fail(1);
    await stale.end(OK);
    expect(await stored()).toMatchObject({ failures: 11, health: 'failing' });
    expect(await history()).toEqual(['failing']);
  });

  it('does not make an endpoint healthy if the endpoint recovered and failed again after its attempt began', async () => {
    const { start, fail, attempt, stored, history } = await setUp();
    await fail(10);
    const stale = await start();
    await attempt(OK);
    await fail(10);
    await stale.end(OK);
    expect(await stored()).toMatchObject({ failures: 10, health: 'failing' });
    expect(await history()).toEqual(['failing', 'recovered', 'failing']);
  });

  it('does not create a deleted endpoint again', async () => {
    const { start, fail, table, endpoint } = await setUp();
    await fail(10);
    const stale = await start();
    for (const [key, row] of table.rows) if (row['kind'] === 'endpoint') table.rows.delete(key);
    await stale.end(OK);
    expect(await getEndpoint(table, WORKSPACE_ID, endpoint.id)).toBeUndefined();
  });

  it('does not prevent the end of a streak at a busy endpoint where one request in ten fails', async () => {
    const { start, stored, history, world } = await setUp();
    // Each request takes three seconds, and thirty run at any time. So every attempt ends after a failure was added.
    const inProgress: InProgressAttempt[] = [];
    for (let index = 0; index < 1_000; index += 1) {
      world.nowMs += 100;
      inProgress.push(await start());
      if (inProgress.length > 30) await inProgress.shift()?.end(index % 10 === 0 ? FAILED : OK);
    }
    expect(await history()).toEqual([]);
    expect((await stored()).failures ?? 0).toBeLessThan(20);
  });
});

describe('a failure whose streak has ended', () => {
  it('does not disable the endpoint', async () => {
    const { fail, attempt, table, stored, history } = await setUp();
    await fail(3);
    const { failing_since: since = '', url } = await stored();
    await attempt(OK);
    const change = { id: 'req_a', at: formatTimestamp(START_MS), action: 'disabled' as const, by: 'ivymail' };
    const { id, workspace_id } = await stored();
    expect(await disableEndpoint(table, { id, workspace_id, url }, change, since)).toBe(false);
    expect(await stored()).toMatchObject({ status: 'active' });
    expect(await history()).toEqual([]);
  });

  it.each([
    [
      'opens no breaker',
      { failures: 9, failing_since: '2026-02-25T11:00:00Z', last_failure_at: '2026-02-25T11:00:00Z' },
    ],
    [
      'writes no history entry',
      { failures: 3, failing_since: '2026-02-25T11:00:00Z', last_failure_at: '2026-02-25T11:00:00Z' },
    ],
    [
      'does not disable the endpoint whose streak lasted five days',
      {
        failures: 9,
        failing_since: '2026-02-20T11:00:00Z',
        last_failure_at: '2026-02-25T11:00:00Z',
        health: 'failing' as const,
      },
    ],
  ])('%s', async (_label, changes) => {
    const { start, table, endpoint, stored, history, world, commands } = await setUp(changes);
    const late = await start();
    world.nowMs += SECOND;
    // A success ends the streak after the failure was counted and before the next write.
    table.before = (command) => {
      if (command !== 'TransactWriteCommand') return;
      table.before = () => {};
      for (const [key, row] of table.rows) {
        if (row['kind'] !== 'endpoint') continue;
        const {
          failing_since: _since,
          failures: _failures,
          health: _health,
          last_failure_at: _last,
          ...healthyRow
        } = row;
        table.rows.set(key, { ...healthyRow, pk: row.pk, sk: row.sk });
      }
    };
    expect((await late.end(FAILED)).endpointTransition).toBe('none');
    expect(await stored()).toEqual(anEndpoint({ id: endpoint.id }));
    expect(await history()).toEqual([]);
    expect(commands()).toEqual([]);
  });
});

/** The rules of endpoint health without a table. Attempts count in the order in which they end. */
class Model {
  failures = 0;
  failing = false;
  /** The number of the current streak. */
  streak = 0;
  private firstMs = 0;
  readonly history: string[] = [];

  fail(nowMs: number): void {
    if (this.failures === 0) {
      this.streak += 1;
      this.firstMs = nowMs;
    }
    this.failures += 1;
    const lastedMs = nowMs - this.firstMs;
    const opens = this.failures >= 100 || (this.failures >= 10 && lastedMs >= 5 * SECOND);
    if (this.failing || !(opens || (this.failures >= 3 && lastedMs >= 15 * MINUTE))) return;
    this.failing = true;
    this.history.push('failing');
  }

  succeed(read: { readonly failures: number; readonly failing: boolean; readonly streak: number }): void {
    if (read.failures === 0 || this.failures === 0 || read.streak !== this.streak) return;
    if (this.failing && (!read.failing || read.failures !== this.failures)) return;
    if (this.failing) this.history.push('recovered');
    this.failing = false;
    this.failures = 0;
  }

  read() {
    return { failures: this.failures, failing: this.failing, streak: this.streak };
  }
}

const STEP = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ action: 'start' as const }) },
  { weight: 3, arbitrary: fc.record({ action: fc.constant('fail' as const), index: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ action: fc.constant('succeed' as const), index: fc.nat(5) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      action: fc.constant('fail repeatedly' as const),
      times: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      action: fc.constant('wait' as const),
      ms: fc.integer({ min: 1, max: 20 * MINUTE }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ action: 'close' as const }) },
);

describe('the health of an endpoint and its history', () => {
  it('follow the rules for every overlap of attempts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 10, maxLength: 60 }), async (steps) => {
        const { start, fail, stored, history, health, table, world } = await setUp();
        const model = new Model();
        const inProgress: { readonly sent: InProgressAttempt; readonly read: ReturnType<Model['read']> }[] =
          [];
        for (const step of steps) {
          world.nowMs += 10;
          if (step.action === 'start') inProgress.push({ sent: await start(), read: model.read() });
          else if (step.action === 'wait') world.nowMs += step.ms;
          else if (step.action === 'close') await closeBreaker(table, await stored());
          else if (step.action === 'fail repeatedly') {
            for (let count = 0; count < step.times; count += 1) {
              await fail(1);
              model.fail(world.nowMs);
            }
          } else {
            const [ended] = inProgress.splice(step.index % Math.max(1, inProgress.length), 1);
            if (!ended) continue;
            await ended.sent.end(step.action === 'fail' ? FAILED : OK);
            if (step.action === 'fail') model.fail(world.nowMs);
            else model.succeed(ended.read);
          }
          expect((await stored()).failures ?? 0).toBe(model.failures);
          expect(await health()).toBe(model.failing ? 'failing' : 'healthy');
        }
        expect(await history()).toEqual(model.history);
      }),
      { numRuns: 120 },
    );
  });

  it('alternate between failing and recovered if attempts end at the same moment', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 14 }), { minLength: 1, maxLength: 8 }),
        async (rounds) => {
          const { start, history, health, world } = await setUp();
          for (const results of rounds) {
            const sent: InProgressAttempt[] = [];
            for (const _ of results) sent.push(await start());
            world.nowMs += 6 * SECOND;
            await Promise.all(sent.map(({ end }, index) => end(results[index] ? OK : FAILED)));
          }
          const actions = await history();
          expect(actions).toEqual(actions.map((_, index) => (index % 2 === 0 ? 'failing' : 'recovered')));
          expect(actions.at(-1) === 'failing').toBe((await health()) === 'failing');
        },
      ),
      { numRuns: 100 },
    );
  });
});
