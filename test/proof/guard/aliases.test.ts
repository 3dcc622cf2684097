import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createResolve, problemOfHostname } from '../../../lambdas/delivery/address-guard.ts';
import { createSender, type AttemptResult } from '../../../lambdas/delivery/send.ts';
import { bytesOf, type DnsResponse } from '../../../sim/name-server.ts';
import { nameServer } from '../../name-server.ts';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { SEED, sized } from '../size.ts';
import { Dice, seededRandom } from '../../../sim/random.ts';
import { randomAddress } from './addresses.ts';
import { startCanaries, type Canaries } from './canaries.ts';
import { watchConnections, type Connections } from './connections.ts';
import { isApproved } from './sends.ts';
import { dotted, legalIpv6 } from './spellings.ts';

const NAME = 'hooks.example.com';
const PUBLIC = bytesOf(93, 184, 216, 34);
const LOOPBACK = bytesOf(127, 0, 0, 1);
const LOOPBACK_6 = bytesOf(...Array<number>(15).fill(0), 1);
const THREE_NAMES = ['a.example.com', 'b.example.net', 'metadata.internal.example'];

/** The responses of the name server to the queries for an IPv4 and an IPv6 address. */
type Responses = Readonly<Record<'A' | 'AAAA', DnsResponse>>;

/** The name server follows the aliases itself and returns the complete chain. The address belongs to the last name. */
const CHAINS: Readonly<Record<string, Responses>> = {
  'a public name is an alias of a name with a private address': {
    A: { aliases: ['internal.example.com'], address: LOOPBACK },
    AAAA: 'NODATA',
  },
  'a public name is an alias of a name with a private IPv6 address': {
    A: 'NODATA',
    AAAA: { aliases: ['internal.example.com'], address: LOOPBACK_6 },
  },
  'three aliases end at the metadata service': {
    A: { aliases: THREE_NAMES, address: bytesOf(169, 254, 169, 254) },
    AAAA: 'NODATA',
  },
  'three aliases end at loopback': { A: { aliases: THREE_NAMES, address: LOOPBACK }, AAAA: 'NODATA' },
  'the IPv4 chain ends at a public address, the IPv6 chain at loopback': {
    A: { aliases: THREE_NAMES, address: PUBLIC },
    AAAA: { aliases: ['other.example.com'], address: LOOPBACK_6 },
  },
  'the alias is a name that looks like an address': {
    A: { aliases: ['127.0.0.1'], address: LOOPBACK },
    AAAA: 'NODATA',
  },
};

const ENDLESS: Readonly<Record<string, Responses>> = {
  'a name is an alias of itself': { A: { aliases: [NAME] }, AAAA: { aliases: [NAME] } },
  'three names form a loop': {
    A: { aliases: [...THREE_NAMES, NAME] },
    AAAA: { aliases: [...THREE_NAMES, NAME] },
  },
  'three aliases without an address': { A: { aliases: THREE_NAMES }, AAAA: { aliases: THREE_NAMES } },
  'a hundred names form a loop': {
    A: { aliases: Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 'a.example' : NAME)) },
    AAAA: 'NODATA',
  },
};

describe('a chain of aliases, with our own resolver and real sockets,', () => {
  let canaries: Canaries;
  let connections: Connections;
  beforeEach(async () => {
    canaries = await startCanaries();
    connections = watchConnections(isApproved);
  });
  afterEach(() => {
    connections.stop();
    canaries.close();
  });

  async function sendToCanaries(
    responses: (before: number) => Responses,
    allowLoopback = false,
  ): Promise<AttemptResult[]> {
    const { address } = await nameServer((type, before) => responses(before)[type]);
    const results: AttemptResult[] = [];
    for (const { port } of canaries.all) {
      const send = createSender({ allowLoopback, resolve: createResolve([address]) });
      results.push(await send({ url: `https://${NAME}:${port}/`, headers: {}, body: '' }));
    }
    return results;
  }

  async function expectNoConnections(): Promise<void> {
    connections.stop();
    expect([await canaries.countConnections(), connections.unapproved]).toEqual([0, []]);
  }

  it.each(Object.entries(CHAINS))(
    'is blocked if it ends at a forbidden address: %s',
    async (_, responses) => {
      const results = await sendToCanaries(() => responses);
      expect(results.map(({ error_class: errorClass }) => errorClass)).toEqual(
        canaries.all.map(() => 'blocked_address'),
      );
      await expectNoConnections();
    },
  );

  it.each(Object.entries(ENDLESS))('is a DNS error if it has no end: %s', async (_, responses) => {
    const results = await sendToCanaries(() => responses);
    expect(results.map(({ error_class: errorClass }) => errorClass)).toEqual(
      canaries.all.map(() => 'dns_error'),
    );
    await expectNoConnections();
  });

  it('is blocked if its end changes between the check of the name and the send', async () => {
    const { address } = await nameServer((type, before) =>
      type === 'AAAA' ? 'NODATA' : { aliases: THREE_NAMES, address: before === 0 ? PUBLIC : LOOPBACK },
    );
    const resolve = createResolve([address]);
    expect(await problemOfHostname(NAME, resolve, { allowLoopback: false })).toBeUndefined();
    const send = createSender({ allowLoopback: false, resolve });
    for (const { port } of canaries.all)
      expect(await send({ url: `https://${NAME}:${port}/`, headers: {}, body: '' })).toMatchObject({
        error_class: 'blocked_address',
      });
    await expectNoConnections();
  });

  it('is followed to a public address', async () => {
    const results = await sendToCanaries(() => ({
      A: { aliases: THREE_NAMES, address: PUBLIC },
      AAAA: 'NODATA',
    }));
    expect(results.map(({ error_detail: detail }) => detail)).toEqual(
      canaries.all.map(() => 'NOT_CONNECTED: 93.184.216.34'),
    );
  });

  it('reaches a canary if loopback is allowed, so the canaries work', async () => {
    await sendToCanaries(() => ({ A: { aliases: THREE_NAMES, address: LOOPBACK }, AAAA: 'NODATA' }), true);
    for (const { host, connections: hits } of canaries.all) expect(hits()).toBe(host === '127.0.0.1' ? 1 : 0);
  });

  it('is allowed or blocked by the address at its end, for random lengths and addresses', async () => {
    const dice = new Dice(seededRandom(SEED + 3));
    let responses: Responses = { A: 'NODATA', AAAA: 'NODATA' };
    const { address } = await nameServer((type) => responses[type]);
    const resolve = createResolve([address]);
    const tries = sized(500, 20_000);
    const wrong: string[] = [];
    let blocked = 0;
    for (let tried = 0; tried < tries; tried += 1) {
      const { family, value } = randomAddress(dice);
      const bytes = Buffer.from(value.toString(16).padStart(family === 4 ? 8 : 32, '0'), 'hex');
      const chain = {
        aliases: Array.from({ length: 1 + dice.below(8) }, (_, index) => `${dice.hex(8)}-${index}.example`),
        address: bytes,
      };
      responses = family === 4 ? { A: chain, AAAA: 'NODATA' } : { A: 'NODATA', AAAA: chain };
      const text = family === 4 ? dotted(value) : legalIpv6(value, dice);
      const send = createSender({ allowLoopback: false, resolve });
      const port = dice.pick(canaries.all).port;
      const { error_class: errorClass } = await send({
        url: `https://${NAME}:${port}/`,
        headers: {},
        body: '',
      });
      // Nothing connects to a public IPv6 address, because a Lambda function has no route to it.
      const allowed = family === 4 ? 'protocol_error' : 'dns_error';
      const expected = isApproved(text) ? allowed : 'blocked_address';
      if (errorClass !== expected) wrong.push(`${text}: ${errorClass}`);
      if (errorClass === 'blocked_address') blocked += 1;
    }
    connections.stop();
    const hits = await canaries.countConnections();
    recordFigures('aliases', {
      'sends to a name that is an alias': tries,
      'of these, blocked': blocked,
      'of these, about to connect to a public address': connections.approved(),
      'sends with a wrong result': wrong.length,
      'connections to the canaries': hits,
      'connections to unapproved addresses': connections.unapproved.length,
    });
    expect(wrong).toEqual([]);
    expect([hits, connections.unapproved]).toEqual([0, []]);
    expect(blocked).toBeGreaterThan(tries / 20);
    expect(connections.approved()).toBeGreaterThan(tries / 20);
  });
});
