import { crashAt, crashed, passed } from './points.ts';
import { describe, expect, it } from 'vitest';
import { normalise } from '../../../lambdas/core/normalise.ts';
import { eventRows } from '../../../lambdas/store/event-rows.ts';
import { putRows } from '../../../lambdas/store/put-rows.ts';
import { sendEvent } from '../../../local/ses-events.ts';
import { setUp, type Ask, type SentMail, type Told } from '../../api/harness.ts';
import { WORKSPACE_ID, aTask, anEvent } from '../../builders/events.ts';
import { getEndpoint } from '../../../lambdas/store/endpoints.ts';
import { claimAttempt, settleDelivery } from '../../../lambdas/store/deliveries.ts';
import { Process, processOf } from '../world/process.ts';

type World = ReturnType<typeof setUp>;

const URL = 'https://hooks.example.com/';
/** Longer than the api λ may run: what was under way has ended. */
const LATER_MS = 31_000;

/** A request that writes, what must be there before it, and what must be true after it was repeated. */
interface Write {
  readonly ask: (world: World) => Promise<Ask>;
  /** A repeated request may find that the first one was carried out. */
  readonly answers: readonly number[];
  readonly check: (world: World, told: Told) => void | Promise<void>;
}

async function webhookOf({ ask, rows }: World): Promise<string> {
  if (rows('endpoint').length === 0) await ask({ method: 'POST', path: '/v1/webhooks', body: { url: URL } });
  return String(rows('endpoint')[0]?.sk.slice('EP#'.length));
}

async function deliveryOf(world: World): Promise<string> {
  const endpointId = await webhookOf(world);
  const endpoint = await getEndpoint(world.table, WORKSPACE_ID, endpointId);
  if (!endpoint) throw new Error('There is no endpoint');
  const event = anEvent();
  await putRows(world.table, eventRows([event], { retentionDays: 90, receivedAtMs: world.world.nowMs }));
  const task = aTask(event, endpoint);
  const { nowMs } = world.world;
  await claimAttempt(world.table, { task, stored: { event, ttl: 1 }, execution: 'one', nowMs });
  await settleDelivery(world.table, task, { status: 'delivered', attemptCount: 1, nowMs });
  return (await world.ask({ path: `/v1/webhooks/${endpointId}/deliveries` })).body.data[0].id as string;
}

/** What SES says of a mail that it took. */
async function sesTells({ table, world }: World, mail: SentMail): Promise<void> {
  const ses = sendEvent({
    messageId: '0100019c-told',
    acceptedAtMs: world.nowMs,
    source: mail.FromEmailAddress,
    to: mail.Destination.ToAddresses,
    tags: Object.fromEntries(mail.EmailTags.map(({ Name, Value }) => [Name, Value])),
    configurationSet: mail.ConfigurationSetName,
    operation: 'SendEmail',
  });
  const events = normalise(ses).events.map((event) => ({ ...event, workspace_id: WORKSPACE_ID }));
  await putRows(
    table,
    eventRows(events, { retentionDays: 90, receivedAtMs: world.nowMs }, JSON.stringify(ses)),
  );
}

function changesOf({ rows }: World, action: string): number {
  return rows('endpoint_change').filter((row) => row['action'] === action).length;
}

function mailTo(to: readonly string[]): Ask {
  return {
    method: 'POST',
    path: '/v1/send',
    body: { from: 'you@example.com', to, subject: 'Hello', text: 'Hi' },
    headers: { 'Idempotency-Key': 'order-1' },
  };
}

async function suppressed({ ask }: World): Promise<void> {
  await ask({ method: 'POST', path: '/v1/suppressions', body: { address: 'listed@example.com' } });
}

const WRITES: Readonly<Record<string, Write>> = {
  'POST /v1/send': {
    async ask(world) {
      await suppressed(world);
      return mailTo(['ann@example.com', 'listed@example.com']);
    },
    answers: [202, 503],
    check(world, told) {
      // Whatever happens, SES is asked once; what nobody can know is said, and what is answered is stored.
      expect(world.mails.length).toBeLessThanOrEqual(1);
      if (told.status === 503) expect(told.body.error.code).toBe('outcome_unknown');
      const stored = world.rows('event').filter((row) => row['event'] === 'suppressed').length;
      if (told.status === 202) expect({ mails: world.mails.length, stored }).toEqual({ mails: 1, stored: 1 });
    },
  },
  'POST /v1/send, all suppressed': {
    async ask(world) {
      await suppressed(world);
      return mailTo(['listed@example.com']);
    },
    answers: [202],
    check(world) {
      expect(world.mails).toEqual([]);
      expect(world.rows('event')).toHaveLength(1);
    },
  },
  'POST /v1/webhooks': {
    ask: async () => ({ method: 'POST', path: '/v1/webhooks', body: { url: URL } }),
    answers: [201],
    async check(world) {
      const made = world.rows('endpoint').length;
      expect(made).toBeLessThanOrEqual(2);
      expect(changesOf(world, 'created')).toBe(made);
    },
  },
  'PATCH /v1/webhooks/{id}': {
    async ask(world) {
      const path = `/v1/webhooks/${await webhookOf(world)}`;
      await world.ask({ method: 'PATCH', path, body: { status: 'paused' } });
      return { method: 'PATCH', path, body: { status: 'active' } };
    },
    answers: [200],
    check(world) {
      expect(world.rows('endpoint')[0]).toMatchObject({ status: 'active' });
      // Together with the change, or not at all: what was held is drained.
      expect(world.rows('command').length).toBeGreaterThanOrEqual(1);
    },
  },
  'POST /v1/webhooks/{id}/rotate-secret': {
    ask: async (world) => ({
      method: 'POST',
      path: `/v1/webhooks/${await webhookOf(world)}/rotate-secret`,
      body: {},
    }),
    answers: [200],
    async check(world) {
      const shown = await world.ask({ path: `/v1/webhooks/${await webhookOf(world)}/secret` });
      expect(shown.status).toBe(200);
      const secrets = world.rows('endpoint')[0]?.['secrets'] as readonly unknown[];
      expect(secrets.length).toBe(changesOf(world, 'secret_rotated') + 1);
    },
  },
  'DELETE /v1/webhooks/{id}': {
    ask: async (world) => ({ method: 'DELETE', path: `/v1/webhooks/${await webhookOf(world)}` }),
    answers: [204, 404],
    check(world) {
      expect(world.rows('endpoint')).toEqual([]);
    },
  },
  'POST /v1/webhooks/{id}/recover': {
    ask: async (world) => ({
      method: 'POST',
      path: `/v1/webhooks/${await webhookOf(world)}/recover`,
      body: { since: '2026-01-01T00:00:00Z' },
    }),
    answers: [202],
    check(world, told) {
      expect(world.rows('command').some((row) => row['id'] === told.body.recovery_id)).toBe(true);
    },
  },
  'POST /v1/deliveries/{id}/redeliver': {
    ask: async (world) => ({ method: 'POST', path: `/v1/deliveries/${await deliveryOf(world)}/redeliver` }),
    answers: [202],
    check(world) {
      expect(world.rows('command').length).toBeGreaterThanOrEqual(1);
    },
  },
  'POST /v1/suppressions': {
    ask: async () => ({ method: 'POST', path: '/v1/suppressions', body: { address: 'a@example.com' } }),
    answers: [200, 201],
    check(world) {
      expect(world.rows('suppression')).toHaveLength(1);
    },
  },
  'DELETE /v1/suppressions/{address}': {
    async ask(world) {
      await suppressed(world);
      world.world.sesSuppressed.add('listed@example.com');
      return { method: 'DELETE', path: '/v1/suppressions/listed@example.com', query: { ses: 'true' } };
    },
    answers: [204, 404],
    check(world) {
      expect([world.rows('suppression'), [...world.world.sesSuppressed]]).toEqual([[], []]);
    },
  },
  'POST /v1/api-keys': {
    ask: async () => ({ method: 'POST', path: '/v1/api-keys', body: { name: 'ci', scopes: ['read'] } }),
    answers: [201],
    async check(world) {
      const listed = (await world.ask({ path: '/v1/api-keys' })).body.data as readonly unknown[];
      expect(listed.length).toBe(world.rows('api_key').length);
    },
  },
  'DELETE /v1/api-keys/{id}': {
    async ask({ ask }) {
      const made = await ask({
        method: 'POST',
        path: '/v1/api-keys',
        body: { name: 'ci', scopes: ['read'] },
      });
      return { method: 'DELETE', path: `/v1/api-keys/${made.body.id}` };
    },
    answers: [204, 404],
    check(world) {
      expect(world.rows('api_key')).toEqual([]);
    },
  },
};

/** The request in a process of its own, and its answer; undefined where the process ended before it had one. */
async function asked(world: World, request: Ask): Promise<Told | undefined> {
  const process = new Process();
  const died = new Promise<undefined>((resolve) => {
    process.onDeath = [() => resolve(undefined)];
  });
  return Promise.race([died, processOf.run(process, () => world.ask(request))]);
}

async function pointsOf(write: Write): Promise<ReadonlyMap<string, number>> {
  const world = setUp();
  const request = await write.ask(world);
  passed.clear();
  await asked(world, request);
  return new Map(passed);
}

describe.each(Object.entries(WRITES))('%s, ended in the middle and repeated,', (_, write) => {
  it('leaves nothing half done', async () => {
    let crashes = 0;
    for (const [label, times] of await pointsOf(write))
      for (let nth = 1; nth <= times; nth += 1) {
        const world = setUp();
        // oxlint-disable-next-line no-await-in-loop -- one world after the other
        const request = await write.ask(world);
        crashAt(label, nth);
        // oxlint-disable-next-line no-await-in-loop
        await asked(world, request);
        expect({ label, nth, crashed: crashed() }).toEqual({ label, nth, crashed: true });
        crashAt(undefined);
        crashes += 1;
        world.world.nowMs += LATER_MS;
        // oxlint-disable-next-line no-await-in-loop
        for (const mail of world.mails) await sesTells(world, mail);
        // oxlint-disable-next-line no-await-in-loop
        const told = await world.ask(request);
        expect({ label, nth, ok: write.answers.includes(told.status) }).toEqual({ label, nth, ok: true });
        // oxlint-disable-next-line no-await-in-loop
        await write.check(world, told);
      }
    expect(crashes).toBeGreaterThan(0);
  });
});
