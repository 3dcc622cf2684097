/** Endpoints and their health: a change applies only if the endpoint is still in the state that was read. */
import { expect } from 'vitest';
import type { Endpoint, EndpointAction, EndpointHistoryEntry } from '../../../../lambdas/core/endpoints.ts';
import {
  clearFailures,
  closeBreaker,
  countFailure,
  endDrain,
  openBreaker,
  recordFailing,
  setNextProbe,
} from '../../../../lambdas/store/endpoint-health.ts';
import {
  deleteEndpoint,
  disableEndpoint,
  getEndpoint,
  replaceSecrets,
  updateEndpoint,
} from '../../../../lambdas/store/endpoints.ts';
import { KIND } from '../../../../lambdas/store/keys.ts';
import { WORKSPACE_ID, anEndpoint } from '../../../../sim/builders/events.ts';
import { putEndpoint } from '../../../../sim/builders/rows.ts';
import type { SimulatedTable } from '../../../../sim/table.ts';
import { behavior, type Behavior } from './behavior.ts';

const ENDPOINT = anEndpoint();
const ADDRESS = { workspaceId: WORKSPACE_ID, endpointId: ENDPOINT.id };
const NEW_URL = 'https://new.example.com/hook';

let entries = 0;

/** Each entry is one minute later than the previous entry. */
function aHistoryEntry(action: EndpointAction): EndpointHistoryEntry {
  entries += 1;
  const at = new Date(Date.parse('2026-02-25T12:00:00Z') + entries * 60_000).toISOString();
  return { id: `req_${entries}`, at, action, by: 'key_a', reason: 'A test' };
}

const read = (table: SimulatedTable) => getEndpoint(table, WORKSPACE_ID, ENDPOINT.id);

async function mustRead(table: SimulatedTable): Promise<Endpoint> {
  const endpoint = await read(table);
  if (!endpoint) throw new Error('The endpoint does not exist');
  return endpoint;
}

const rowsOf = (table: SimulatedTable, kind: string) =>
  [...table.rows.values()].filter((row) => row['kind'] === kind);
const commandsIn = (table: SimulatedTable) => rowsOf(table, KIND.command).length;
const historyIn = (table: SimulatedTable) => rowsOf(table, KIND.endpointHistory).length;

const update = (table: SimulatedTable, fields: Parameters<typeof updateEndpoint>[2]['changes']) =>
  updateEndpoint(table, ADDRESS, { changes: fields, historyEntry: aHistoryEntry('updated') });
const disable = (table: SimulatedTable) => disableEndpoint(table, ENDPOINT, aHistoryEntry('disabled'));
const remove = (table: SimulatedTable) => deleteEndpoint(table, ADDRESS, aHistoryEntry('deleted'));
const fail = (table: SimulatedTable) => countFailure(table, ENDPOINT, aHistoryEntry('failing').at);
/** Opens the breaker for the streak that `endpoint` has. */
const openFor = (table: SimulatedTable, endpoint: Endpoint, recorded = false) => {
  const historyEntry = aHistoryEntry('failing');
  return openBreaker(table, endpoint, {
    historyEntry,
    commandId: historyEntry.id,
    nextProbeAt: historyEntry.at,
    recorded,
  });
};
const open = async (table: SimulatedTable, recorded = false) =>
  openFor(table, await mustRead(table), recorded);
const succeed = (table: SimulatedTable, endpoint: Endpoint) =>
  clearFailures(table, endpoint, aHistoryEntry('recovered'));

/** An endpoint whose first attempts have failed. */
async function putFailing(table: SimulatedTable): Promise<Endpoint> {
  await putEndpoint(table, ENDPOINT);
  await fail(table);
  return mustRead(table);
}

const sealed = (version: number) => [{ version, sealed: new Uint8Array([version]) }];

export const ENDPOINTS: readonly Behavior[] = [
  behavior(
    'an update of a deleted endpoint creates neither the endpoint nor a history entry',
    async (table) => {
      await putEndpoint(table, ENDPOINT);
      expect(await update(table, { description: 'Shop' })).toMatchObject({ description: 'Shop' });
      await remove(table);
      const stored = table.rows.size;
      expect(await update(table, { description: 'Blog' })).toBeUndefined();
      expect(await read(table)).toBeUndefined();
      expect(table.rows.size).toBe(stored);
    },
  ),
  behavior('an endpoint is deleted once, with one history entry', async (table) => {
    await putEndpoint(table, ENDPOINT);
    expect(await remove(table)).toBe(true);
    expect(await read(table)).toBeUndefined();
    expect(await remove(table)).toBe(false);
    expect(historyIn(table)).toBe(1);
  }),
  behavior('two rotations that read the same secrets store one set of new secrets', async (table) => {
    await putEndpoint(table, ENDPOINT);
    const rotate = (endpoint: Endpoint, version: number) =>
      replaceSecrets(table, endpoint, {
        secrets: sealed(version),
        historyEntry: aHistoryEntry('secret_rotated'),
      });
    expect(await rotate(ENDPOINT, 2)).toBe(true);
    expect(await rotate(ENDPOINT, 3)).toBe(false);
    expect(await mustRead(table)).toMatchObject({ secrets: sealed(2) });
    expect(await rotate(await mustRead(table), 3)).toBe(true);
    expect(await mustRead(table)).toMatchObject({ secrets: sealed(3) });
    expect(historyIn(table)).toBe(2);
  }),
  behavior('a rotation of the secrets of a deleted endpoint does not restore the endpoint', async (table) => {
    await putEndpoint(table, ENDPOINT);
    await remove(table);
    const rotated = await replaceSecrets(table, ENDPOINT, {
      secrets: sealed(2),
      historyEntry: aHistoryEntry('secret_rotated'),
    });
    expect(rotated).toBe(false);
    expect(await read(table)).toBeUndefined();
  }),
  behavior('an active endpoint is disabled once, and keeps the time of the first reason', async (table) => {
    await putEndpoint(table, ENDPOINT);
    expect(await disable(table)).toBe(true);
    const disabled = await mustRead(table);
    expect(disabled.status).toBe('disabled');
    expect(await disable(table)).toBe(false);
    expect(await mustRead(table)).toEqual(disabled);
  }),
  behavior('a paused endpoint is not disabled', async (table) => {
    await putEndpoint(table, ENDPOINT);
    await update(table, { status: 'paused' });
    expect(await disable(table)).toBe(false);
    expect((await mustRead(table)).status).toBe('paused');
  }),
  behavior('an endpoint is not disabled because of its old URL', async (table) => {
    await putEndpoint(table, ENDPOINT);
    await update(table, { url: NEW_URL });
    expect(await disable(table)).toBe(false);
    expect((await mustRead(table)).status).toBe('active');
  }),
  behavior('failures are counted for the URL that failed, and not for a later URL', async (table) => {
    await putEndpoint(table, ENDPOINT);
    expect(await fail(table)).toMatchObject({ failures: 1 });
    expect(await fail(table)).toMatchObject({ failures: 2 });
    await update(table, { url: NEW_URL });
    expect(await fail(table)).toBeUndefined();
    expect(await mustRead(table)).not.toHaveProperty('failing_since');
  }),
  behavior('a failure does not restore a deleted endpoint', async (table) => {
    expect(await fail(table)).toBeUndefined();
    expect(table.rows.size).toBe(0);
  }),
  behavior('an endpoint is not disabled for a streak that has ended', async (table) => {
    const { failing_since: since } = await putFailing(table);
    const disableFor = (streak?: string) =>
      disableEndpoint(table, ENDPOINT, aHistoryEntry('disabled'), streak);
    await succeed(table, await mustRead(table));
    await fail(table);
    expect(await disableFor(since)).toBe(false);
    expect((await mustRead(table)).status).toBe('active');
    expect(await disableFor((await mustRead(table)).failing_since)).toBe(true);
    expect(await disableFor((await mustRead(table)).failing_since)).toBe(false);
    expect(historyIn(table)).toBe(1);
  }),
  behavior('a success ends the failure streak that it read', async (table) => {
    await putFailing(table);
    await succeed(table, await mustRead(table));
    expect(await mustRead(table)).toEqual(ENDPOINT);
    expect([commandsIn(table), historyIn(table)]).toEqual([0, 0]);
  }),
  behavior('a success that read an old failure streak does not clear a newer streak', async (table) => {
    const stale = await putFailing(table);
    await succeed(table, stale);
    await fail(table);
    const newer = await mustRead(table);
    await succeed(table, stale);
    expect(await mustRead(table)).toEqual(newer);
  }),
  behavior(
    'a success that read a short streak does not end the streak of a failing endpoint',
    async (table) => {
      const stale = await putFailing(table);
      await recordFailing(table, stale, aHistoryEntry('failing'));
      const failing = await mustRead(table);
      await succeed(table, stale);
      expect(await mustRead(table)).toEqual(failing);
    },
  ),
  behavior(
    'a success closes the breaker that it read, and drains the held deliveries once',
    async (table) => {
      await putFailing(table);
      await open(table);
      const stale = await mustRead(table);
      await succeed(table, stale);
      expect(await mustRead(table)).toEqual({ ...ENDPOINT, draining: expect.any(String) });
      expect([commandsIn(table), historyIn(table)]).toEqual([2, 2]);
      await succeed(table, stale);
      expect([commandsIn(table), historyIn(table)]).toEqual([2, 2]);
    },
  ),
  behavior('a success that read an old failing streak does not end a newer one', async (table) => {
    await putFailing(table);
    await open(table);
    const stale = await mustRead(table);
    await succeed(table, stale);
    await fail(table);
    await open(table);
    const failing = await mustRead(table);
    await succeed(table, stale);
    expect(await mustRead(table)).toEqual(failing);
  }),
  behavior('a success does not end a failing streak that grew since the success read it', async (table) => {
    await putFailing(table);
    await open(table);
    const stale = await mustRead(table);
    await fail(table);
    const failing = await mustRead(table);
    await succeed(table, stale);
    expect(await mustRead(table)).toEqual(failing);
  }),
  behavior(
    'a success closes the open breaker that it read, even without a streak, and does not close a newer breaker',
    async (table) => {
      const opened = anEndpoint({ id: ENDPOINT.id, breaker_opened_at: '2026-02-25T11:00:00Z' });
      await putEndpoint(table, { ...opened, breaker_opened_at: '2026-02-25T12:00:00Z' });
      await succeed(table, opened);
      expect(await mustRead(table)).toHaveProperty('breaker_opened_at', '2026-02-25T12:00:00Z');
      await succeed(table, await mustRead(table));
      expect(await mustRead(table)).not.toHaveProperty('breaker_opened_at');
    },
  ),
  behavior(
    'closing the breaker for a probe closes the breaker that was read, and not a newer one',
    async (table) => {
      await putFailing(table);
      await open(table);
      const stale = await mustRead(table);
      await closeBreaker(table, stale);
      expect(await mustRead(table)).not.toHaveProperty('breaker_opened_at');
      await open(table);
      const failing = await mustRead(table);
      await closeBreaker(table, stale);
      expect(await mustRead(table)).toEqual(failing);
    },
  ),
  behavior(
    'the time of the next probe belongs to the breaker that was read, and not to a newer one',
    async (table) => {
      await putFailing(table);
      await open(table);
      const stale = await mustRead(table);
      await setNextProbe(table, stale, '2026-02-26T12:00:00Z');
      expect(await mustRead(table)).toMatchObject({ next_probe_at: '2026-02-26T12:00:00Z' });
      await closeBreaker(table, stale);
      await setNextProbe(table, stale, '2026-02-26T13:00:00Z');
      expect(await mustRead(table)).not.toHaveProperty('next_probe_at');
      await open(table);
      const failing = await mustRead(table);
      await setNextProbe(table, stale, '2026-02-26T14:00:00Z');
      expect(await mustRead(table)).toEqual(failing);
    },
  ),
  ...[false, true].flatMap((recorded) => [
    behavior(
      `a breaker opens once, with one command that probes the endpoint (recorded: ${recorded})`,
      async (table) => {
        await putFailing(table);
        expect(await open(table, recorded)).toBe(true);
        const opened = await mustRead(table);
        expect(opened).toMatchObject({ health: 'failing', breaker_opened_at: expect.any(String) });
        expect(await open(table, recorded)).toBe(false);
        expect(await mustRead(table)).toEqual(opened);
        expect([commandsIn(table), historyIn(table)]).toEqual([1, recorded ? 0 : 1]);
      },
    ),
    behavior(`the breaker of a paused endpoint does not open (recorded: ${recorded})`, async (table) => {
      await putFailing(table);
      await update(table, { status: 'paused' });
      expect(await open(table, recorded)).toBe(false);
      expect(commandsIn(table)).toBe(0);
    }),
    behavior(
      `the breaker does not open for a streak that has ended (recorded: ${recorded})`,
      async (table) => {
        const stale = await putFailing(table);
        await update(table, { url: NEW_URL });
        expect(await openFor(table, stale, recorded)).toBe(false);
        await countFailure(table, await mustRead(table), aHistoryEntry('failing').at);
        expect(await openFor(table, stale, recorded)).toBe(false);
        expect(commandsIn(table)).toBe(0);
      },
    ),
  ]),
  behavior('a breaker that an earlier version opened does not open again', async (table) => {
    const opened = { failing_since: '2026-02-25T10:00:00Z', breaker_opened_at: '2026-02-25T11:00:00Z' };
    await putEndpoint(table, { ...ENDPOINT, ...opened });
    expect(await open(table)).toBe(false);
    expect([commandsIn(table), historyIn(table)]).toEqual([0, 0]);
  }),
  behavior(
    'a success removes health that an earlier version left once, and a stale success does not',
    async (table) => {
      await putEndpoint(table, { ...ENDPOINT, health: 'failing' });
      const left = await mustRead(table);
      await fail(table);
      const failing = await mustRead(table);
      await succeed(table, left);
      expect(await mustRead(table)).toEqual(failing);
      await putEndpoint(table, left);
      await succeed(table, left);
      await succeed(table, left);
      expect(await mustRead(table)).not.toHaveProperty('health');
      expect([commandsIn(table), historyIn(table)]).toEqual([1, 1]);
    },
  ),
  behavior('an endpoint becomes failing once, with one history entry', async (table) => {
    const counted = await putFailing(table);
    expect(await recordFailing(table, counted, aHistoryEntry('failing'))).toBe(true);
    expect(await mustRead(table)).toMatchObject({ health: 'failing' });
    expect(await recordFailing(table, counted, aHistoryEntry('failing'))).toBe(false);
    expect(await openFor(table, counted)).toBe(true);
    expect([commandsIn(table), historyIn(table)]).toEqual([1, 1]);
  }),
  behavior('a paused endpoint does not become failing', async (table) => {
    const counted = await putFailing(table);
    await update(table, { status: 'paused' });
    expect(await recordFailing(table, counted, aHistoryEntry('failing'))).toBe(false);
    expect(await mustRead(table)).not.toHaveProperty('health');
  }),
  behavior('an endpoint does not become failing for a streak that has ended', async (table) => {
    const stale = await putFailing(table);
    await succeed(table, stale);
    await fail(table);
    expect(await recordFailing(table, stale, aHistoryEntry('failing'))).toBe(false);
    expect(await mustRead(table)).not.toHaveProperty('health');
  }),
  behavior('the end of a drain removes the mark of that drain, and not of a newer one', async (table) => {
    const old = anEndpoint({ id: ENDPOINT.id, draining: 'cmd_1' });
    await putEndpoint(table, { ...old, draining: 'cmd_2' });
    await endDrain(table, old, 'cmd_1');
    expect(await mustRead(table)).toMatchObject({ draining: 'cmd_2' });
    await endDrain(table, await mustRead(table), 'cmd_2');
    expect(await mustRead(table)).toEqual(ENDPOINT);
  }),
];
