/** endpoint-health.test.ts shows the health of an endpoint over single attempts. Here, attempts of one group end together. */
import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../lambdas/core/deliveries.ts';
import { decideOutcome } from '../../lambdas/core/outcome.ts';
import { EndpointTracker, type HealthEvidence } from '../../lambdas/delivery/endpoint-tracker.ts';
import { listEndpointHistory } from '../../lambdas/store/endpoint-history.ts';
import { getEndpoint } from '../../lambdas/store/endpoints.ts';
import { aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { putEndpoint } from '../../sim/builders/rows.ts';
import { simulatedTable } from '../../sim/table.ts';

const NOW_MS = Date.parse('2026-02-25T12:00:00Z');
const ATTEMPT: Attempt = { number: 1, trigger: 'auto', started_at: '2026-02-25T12:00:00Z', duration_ms: 5 };
const FAILED: Attempt = { ...ATTEMPT, status_code: 500, error_class: 'http_status' };

async function setUp(changes: Parameters<typeof anEndpoint>[0] = {}, waitScale = 1) {
  const endpoint = anEndpoint(changes);
  const table = simulatedTable();
  await putEndpoint(table, endpoint);
  const tracker = new EndpointTracker(
    { table, randomBytes: (size) => new Uint8Array(size), waitScale },
    endpoint,
  );
  const evidence = (attempt: Attempt, nowMs = NOW_MS): HealthEvidence => ({
    before: endpoint,
    attempt,
    nowMs,
    decision: decideOutcome({
      task: aTask(anEvent(), endpoint),
      result: attempt,
      retry: { firstDelaySeconds: 60, factor: 5, count: 3 },
      random: () => 0.5,
      nowMs,
    }),
  });
  return {
    table,
    tracker,
    evidence,
    endpoint,
  };
}

describe('the endpoint of a group', () => {
  it.each([
    [undefined, '2026-02-25T12:01:00Z'],
    [0.05, '2026-02-25T12:00:03Z'],
  ])(
    'has the time of the first probe when its breaker opens, with the wait scale %s',
    async (waitScale, at) => {
      const since = '2026-02-25T11:00:00Z';
      const { tracker, evidence, table, endpoint } = await setUp(
        { failing_since: since, failures: 9 },
        waitScale,
      );
      expect(await tracker.update(evidence(FAILED))).toBe('failing');
      const stored = await getEndpoint(table, endpoint.workspace_id, endpoint.id);
      expect(stored).toMatchObject({ breaker_opened_at: '2026-02-25T12:00:00Z', next_probe_at: at });
    },
  );

  it.each([
    [{ failures: 12 }, ', after 12 failed attempts since 2026-02-25T11:00:00Z'],
    [{ failures: 1 }, ', after 1 failed attempt since 2026-02-25T11:00:00Z'],
    [{ failing_since: undefined as never, breaker_opened_at: '2026-02-25T11:01:00Z' }, ''],
  ])('names the failed attempts of the outage in its history when it recovers: %j', async (changes, text) => {
    const outage = { failing_since: '2026-02-25T11:00:00Z', health: 'failing' as const, ...changes };
    const { tracker, evidence, table, endpoint } = await setUp(outage);
    await tracker.update(evidence(ATTEMPT));
    const query = { workspaceId: endpoint.workspace_id, endpointId: endpoint.id, limit: 9 };
    expect((await listEndpointHistory(table, query)).items).toMatchObject([
      { action: 'recovered', reason: `The receiver accepted a webhook again${text}` },
    ]);
  });

  it('counts failures that end together by two writes: those during the first write share the second one', async () => {
    const { table, tracker, evidence } = await setUp();
    table.calls.length = 0;
    await Promise.all(Array.from({ length: 20 }, () => tracker.update(evidence(FAILED))));
    expect(tracker.current).toMatchObject({ failures: 20, failing_since: '2026-02-25T12:00:00Z' });
    expect(table.calls.length).toBeLessThanOrEqual(2);
  });

  it('counts the later failures, if the write of the first ones fails', async () => {
    const { table, tracker, evidence } = await setUp();
    table.before = () => {
      table.before = () => {};
      throw new Error('throttled');
    };
    await expect(tracker.update(evidence(FAILED))).rejects.toThrow('throttled');
    await tracker.update(evidence(FAILED));
    expect(tracker.current).toMatchObject({ failures: 1 });
  });

  it('has the streak that began after another group ended the last one', async () => {
    const { table, tracker, evidence, endpoint } = await setUp({
      failing_since: '2026-02-25T11:00:00Z',
      failures: 5,
    });
    await putEndpoint(table, anEndpoint({ id: endpoint.id }));
    await tracker.update(evidence(FAILED));
    expect(tracker.current).toMatchObject({ failures: 1, failing_since: '2026-02-25T12:00:00Z' });
  });

  it('has the streak that began after a success ended the last one', async () => {
    const { tracker, evidence, endpoint } = await setUp({
      failing_since: '2026-02-25T11:00:00Z',
      failures: 5,
    });
    await tracker.update({ ...evidence(ATTEMPT), before: endpoint });
    expect(tracker.current).not.toHaveProperty('failures');
    await tracker.update(evidence(FAILED));
    expect(tracker.current).toMatchObject({ failures: 1, failing_since: '2026-02-25T12:00:00Z' });
  });

  it('opens its breaker by one transaction, although 20 failures reach the limit together', async () => {
    const { table, tracker, evidence } = await setUp({ failing_since: '2026-02-25T11:00:00Z', failures: 9 });
    const updates = Array.from({ length: 20 }, () => tracker.update(evidence(FAILED)));
    const transitions = await Promise.all(updates);
    expect(transitions.filter((each) => each === 'failing')).toHaveLength(1);
    expect(table.calls.filter((each) => each === 'TransactWriteCommand')).toHaveLength(1);
    expect(tracker.current).toMatchObject({ breaker_opened_at: '2026-02-25T12:00:00Z', failures: 29 });
  });

  it('opens its breaker at the next failure, if the first transaction fails', async () => {
    const { table, tracker, evidence } = await setUp({ failing_since: '2026-02-25T11:00:00Z', failures: 9 });
    table.before = (command) => {
      if (command === 'TransactWriteCommand') throw new Error('throttled');
    };
    await expect(tracker.update(evidence(FAILED))).rejects.toThrow('throttled');
    table.before = () => {};
    expect(await tracker.update(evidence(FAILED))).toBe('failing');
  });

  it('is undefined after it was deleted', async () => {
    const { table, tracker, evidence } = await setUp();
    table.rows.clear();
    expect(await tracker.update(evidence(FAILED))).toBe('none');
    expect(tracker.current).toBeUndefined();
    expect(table.rows.size).toBe(0);
  });
});
