import { beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../lambdas/api/routes.ts';
import { deterministicId } from '../../lambdas/core/ids.ts';
import { claimAttempt } from '../../lambdas/store/deliveries.ts';
import { getEndpoint } from '../../lambdas/store/endpoints.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { WORKSPACE_ID, aTask, anEvent } from '../builders/events.ts';
import { NOW_MS, setUp } from './harness.ts';

const OTHER = deterministicId('ws', ['other']);
const WITH_ID = ROUTES.filter((route) => route.path.includes('{') && route.scope !== 'public');
/** Bodies that would do something, were the id the caller's own. */
const BODIES: Readonly<Record<string, object>> = {
  'PATCH /v1/webhooks/{id}': { status: 'paused' },
  'POST /v1/webhooks/{id}/recover': { since: '2026-02-25T11:00:00Z' },
};

/** A workspace with one of everything that has an id. */
async function oneOfEach() {
  const world = setUp();
  const post = async (path: string, body: object) =>
    (await world.ask({ method: 'POST', path, body })).body as Record<string, string>;
  const event = anEvent();
  await putRows(world.table, eventRows([event], { retentionDays: 90, receivedAtMs: NOW_MS }));
  const { id: ep = '' } = await post('/v1/webhooks', { url: 'https://example.com/', events: ['*'] });
  const endpoint = await getEndpoint(world.table, WORKSPACE_ID, ep);
  if (!endpoint) throw new Error('No endpoint');
  const task = aTask(event, endpoint);
  await claimAttempt(world.table, { task, stored: { event, ttl: 1 }, execution: 'x', nowMs: NOW_MS });
  const { data } = (await world.ask({ path: `/v1/webhooks/${ep}/deliveries` })).body;
  await post('/v1/suppressions', { address: 'ann@example.com' });
  const { id: key = '' } = await post('/v1/api-keys', { name: 'Server' });
  const { recovery_id: rcv = '' } = await post(`/v1/webhooks/${ep}/recover`, {
    since: '2026-02-25T11:00:00Z',
  });
  const ids: Record<string, string> = {
    webhooks: ep,
    deliveries: data[0].id,
    suppressions: 'ann@example.com',
    'api-keys': key,
    recoveries: rcv,
    send: event.message_id,
  };
  return { ...world, ids };
}

let world: Awaited<ReturnType<typeof oneOfEach>>;
beforeAll(async () => {
  world = await oneOfEach();
});

function unknownLike(id: string): string {
  return id.includes('@')
    ? 'nobody@example.com'
    : id.includes('-')
      ? 'nothing'
      : deterministicId(id.split('_')[0] as 'ep', ['x']);
}

describe.each(WITH_ID.map((route) => [`${route.method} ${route.path}`, route] as const))(
  '%s',
  (name, route) => {
    const noun = route.path.split('/')[2] ?? '';
    const ask = (id: string, workspaceId: string, at = world) =>
      at.ask({
        method: route.method,
        path: route.path.replace(/\{\w+\}/, encodeURIComponent(id)),
        workspaceId,
        ...(route.body && { body: BODIES[name] ?? {} }),
      });

    it('answers to another workspace byte for byte as of an id that is none, and changes nothing', async () => {
      const id = world.ids[noun];
      if (id === undefined) throw new Error(`A route about ${noun} needs its row in this test`);
      const before = JSON.stringify([...world.table.rows]);
      const foreign = await ask(id, OTHER);
      expect(foreign.status).toBe(404);
      expect(foreign.text).toBe((await ask(unknownLike(id), OTHER)).text);
      expect(JSON.stringify([...world.table.rows])).toBe(before);
    });

    it('finds it for its own workspace', async () => {
      const own = await oneOfEach();
      // No key revokes itself, and this one is another.
      expect((await ask(own.ids[noun] ?? '', WORKSPACE_ID, own)).status).toBeLessThan(300);
    });
  },
);
