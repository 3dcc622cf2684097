import { describe, expect } from 'vitest';
import type { Endpoint } from '../../../lambdas/core/endpoints.ts';
import { DEFAULT_WORKSPACE_ID, deterministicId } from '../../../lambdas/core/ids.ts';
import { toDelivery } from '../../../lambdas/store/deliveries.ts';
import { sendEvent, sesMessageId } from '../../../local/ses-events.ts';
import { putEndpoint } from '../../builders/rows.ts';
import { checkDeliveries, checkEvents, checkRequests } from '../ledger/ledger.ts';
import { SEED, sized } from '../size.ts';
import type { Published } from '../world/mail.ts';
import { NO_FAULTS, type Faults } from '../world/process.ts';
import { Receiver, type Behaviour } from '../world/receiver.ts';
import { World } from '../world/world.ts';
import { fault } from './fault.ts';

const START_MS = Date.parse('2026-03-01T00:00:00Z');
const AT = '2026-03-01T00:00:00Z';
const MINUTE_MS = 60_000;

function deployment(): World {
  return new World({ seed: SEED, startMs: START_MS });
}

async function addEndpoint(world: World, name: string, behaviour: Behaviour = () => ({})): Promise<Endpoint> {
  const secret = world.dice.bytes(24);
  const endpoint: Endpoint = {
    id: deterministicId('ep', [name]),
    workspace_id: DEFAULT_WORKSPACE_ID,
    url: `https://${name}.example.com/`,
    events: ['*'],
    status: 'active',
    status_changed_at: AT,
    created_at: AT,
    updated_at: AT,
    secrets: [{ version: 1, sealed: secret }],
  };
  world.receivers.set(endpoint.url, new Receiver(endpoint.url, secret, behaviour));
  await putEndpoint(world.table, endpoint);
  return endpoint;
}

function sent(world: World, atMs: number): Published {
  const messageId = sesMessageId(atMs, world.dice.hex(32));
  const to = `${world.dice.hex(8)}@example.com`;
  const body = JSON.stringify(
    sendEvent({
      messageId,
      acceptedAtMs: atMs,
      source: 'you@example.com',
      to: [to],
      configurationSet: 'set',
      operation: 'SendEmail',
    }),
  );
  return { atMs, body, facts: [{ messageId, to, event: 'sent', workspaceId: DEFAULT_WORKSPACE_ID }] };
}

async function run(world: World, published: readonly Published[]): Promise<void> {
  const restore = world.clock.install();
  try {
    for (const { atMs, body } of published)
      world.clock.after(atMs - world.clock.nowMs, () => world.queue.send(body));
    await world.clock.run();
  } finally {
    restore();
  }
}

function rows(world: World, kind: string) {
  return [...world.table.rows.values()].filter((row) => row['kind'] === kind);
}

/** Everything of `name` fails for a minute. */
function down(world: World, name: RegExp, fromMs: number): Faults {
  return (call) => {
    const sinceMs = world.clock.nowMs - START_MS - fromMs;
    return name.test(call.name) && sinceMs >= 0 && sinceMs < MINUTE_MS ? 'error' : undefined;
  };
}

describe('a deployment', () => {
  fault(37, async () => {
    const world = deployment();
    const endpoint = await addEndpoint(world, 'healthy');
    const published = Array.from({ length: 9 }, () => sent(world, START_MS));
    const all = [...published, { atMs: START_MS, body: 'poison', facts: [], unreadable: true as const }];
    let writes = 0;
    // The first batch is stored, and its process ends before it can say so.
    world.faults = ({ name }) =>
      name === 'BatchWriteCommand' && (writes += 1) === 1 ? 'killed_after' : undefined;
    await run(world, all);
    const found = [checkEvents(world, all), checkDeliveries(world, [endpoint], new Set(['delivered']))];
    expect(found.flatMap(({ violations }) => violations)).toEqual([]);
    const received = [...(world.receivers.get(endpoint.url)?.byEvent.values() ?? [])];
    expect(writes).toBeGreaterThan(1);
    expect([received.length, received.every(({ requests }) => requests === 1)]).toEqual([9, true]);
    return `${rows(world, 'event').length} events, ${rows(world, 'quarantine').length} quarantined, written ${writes} times, ${received.length} webhooks, each once`;
  });

  fault(38, async () => {
    const seen: string[] = [];
    const outages: Readonly<Record<string, (world: World) => Faults>> = {
      'DynamoDB down': (world) => down(world, /Command$/, MINUTE_MS),
      // From the start: what was opened once stays open for five minutes.
      'KMS down': (world) => down(world, /^Decrypt$/, 0),
      'starts throttled': (world) => (call) =>
        call.name === 'StartExecution' && world.dice.chance(0.5) ? 'throttled' : undefined,
    };
    for (const [name, faults] of Object.entries(outages)) {
      const world = deployment();
      // oxlint-disable-next-line no-await-in-loop -- one deployment after the other
      const endpoint = await addEndpoint(world, 'healthy');
      const published = Array.from({ length: sized(300, 3_000) }, () =>
        sent(world, START_MS + world.dice.upTo(3 * MINUTE_MS)),
      );
      world.faults = faults(world);
      // oxlint-disable-next-line no-await-in-loop
      await run(world, published);
      const found = [
        checkEvents(world, published),
        checkDeliveries(world, [endpoint], new Set(['delivered'])),
        checkRequests(world, [endpoint]),
      ];
      expect(found.flatMap(({ violations }) => violations)).toEqual([]);
      expect(world.queue.dead).toEqual([]);
      const attempts = rows(world, 'attempt');
      // Nobody's receiver failed: every attempt that was counted is a success, and there is one of each.
      expect(attempts.filter((row) => row['error_class'] !== undefined)).toEqual([]);
      expect(attempts).toHaveLength(published.length);
      expect(Object.values(world.injected).reduce((sum, each) => sum + each, 0)).toBeGreaterThan(10);
      seen.push(`${name}: ${attempts.length} of ${published.length} delivered at the first attempt`);
    }
    return seen.join('; ');
  });

  fault(39, async () => {
    let crashes = 0;
    let repeated = 0;
    for (let call = 1; call <= sized(60, 400); call += 1) {
      const world = deployment();
      // oxlint-disable-next-line no-await-in-loop -- one deployment after the other
      const endpoint = await addEndpoint(world, 'flaky', () =>
        world.dice.chance(0.3) ? { status: 500 } : {},
      );
      const published = Array.from({ length: 5 }, () => sent(world, START_MS + world.dice.upTo(MINUTE_MS)));
      let calls = 0;
      world.faults = () => {
        calls += 1;
        return calls === call ? (call % 2 === 0 ? 'killed' : 'killed_after') : undefined;
      };
      // oxlint-disable-next-line no-await-in-loop
      await run(world, published);
      const requests = checkRequests(world, [endpoint]);
      const found = [checkEvents(world, published), checkDeliveries(world, [endpoint]), requests];
      expect(found.flatMap(({ violations }) => violations)).toEqual([]);
      const more = requests.figures['requests without an attempt of their own'] ?? 0;
      expect(more).toBeLessThanOrEqual(1);
      crashes += calls >= call ? 1 : 0;
      repeated += more;
    }
    expect(crashes).toBeGreaterThan(50);
    return `${crashes} crashes, 0 lost, ${repeated} requests more; every await: the group “crash”`;
  });

  fault(40, async () => {
    const each = sized(20, 100);
    const lagOf = async (hangs: boolean) => {
      const world = deployment();
      const healedMs = START_MS + 60 * MINUTE_MS;
      const endpoints: Endpoint[] = [];
      for (let index = 0; index < 100; index += 1) {
        const hanging: Behaviour = (nowMs) =>
          nowMs < healedMs ? { status: undefined, error: 'timeout', afterMs: 15_000 } : {};
        // oxlint-disable-next-line no-await-in-loop -- a hundred
        endpoints.push(await addEndpoint(world, `e${index}`, index === 0 && hangs ? hanging : undefined));
      }
      const published = Array.from({ length: each }, () =>
        sent(world, START_MS + world.dice.upTo(5 * MINUTE_MS)),
      );
      world.faults = NO_FAULTS;
      await run(world, published);
      const found = [checkEvents(world, published), checkDeliveries(world, endpoints)];
      expect(found.flatMap(({ violations }) => violations)).toEqual([]);
      const deliveries = rows(world, 'delivery').map(toDelivery);
      const well = deliveries.filter(({ endpoint_id: id }) => id !== endpoints[0]?.id);
      const lags = well
        .map(({ completed_at: at = '', event_timestamp: from }) => Date.parse(at) - Date.parse(from))
        .toSorted((left, right) => left - right);
      const own = deliveries.filter(({ endpoint_id: id }) => id === endpoints[0]?.id);
      return { p99: lags[Math.floor(lags.length * 0.99)] ?? NaN, count: lags.length, own };
    };
    const alone = await lagOf(false);
    const beside = await lagOf(true);
    expect(beside.count).toBe(each * 99);
    expect(beside.p99).toBeLessThanOrEqual(2 * alone.p99);
    expect(beside.own).toHaveLength(each);
    const held = beside.own.filter(({ attempt_count: attempts }) => attempts > 1).length;
    return `p99 of ${beside.count} healthy deliveries ${beside.p99} ms, ${alone.p99} ms without the other; its ${beside.own.length} all kept, ${held} after more than one attempt`;
  });
});
