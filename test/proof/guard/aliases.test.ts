import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createResolve, resolvesToForbiddenAddress } from '../../../lambdas/delivery/address-guard.ts';
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
const THREE = ['a.example.com', 'b.example.net', 'metadata.internal.example'];

/** What a name server says to the two questions, for an IPv4 and for an IPv6 address. */
type Says = Readonly<Record<'A' | 'AAAA', DnsResponse>>;

/** An alias is followed by the name server itself, which gives the whole chain; the address is the one at its end. */
const CHAINS: Readonly<Record<string, Says>> = {
  'a public name for a private address': {
    A: { aliases: ['internal.example.com'], address: LOOPBACK },
    AAAA: 'NODATA',
  },
  'a public name for a private IPv6 address': {
    A: 'NODATA',
    AAAA: { aliases: ['internal.example.com'], address: LOOPBACK_6 },
  },
  'three names, and the metadata service at their end': {
    A: { aliases: THREE, address: bytesOf(169, 254, 169, 254) },
    AAAA: 'NODATA',
  },
  'three names, and loopback at their end': { A: { aliases: THREE, address: LOOPBACK }, AAAA: 'NODATA' },
  'one chain to a public address, one to loopback': {
    A: { aliases: THREE, address: PUBLIC },
    AAAA: { aliases: ['other.example.com'], address: LOOPBACK_6 },
  },
  'an address written as a name': { A: { aliases: ['127.0.0.1'], address: LOOPBACK }, AAAA: 'NODATA' },
};

const ENDLESS: Readonly<Record<string, Says>> = {
  'a name for itself': { A: { aliases: [NAME] }, AAAA: { aliases: [NAME] } },
  'three names in a ring': { A: { aliases: [...THREE, NAME] }, AAAA: { aliases: [...THREE, NAME] } },
  'three names and nothing': { A: { aliases: THREE }, AAAA: { aliases: THREE } },
  'a hundred names in a ring': {
    A: { aliases: Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 'a.example' : NAME)) },
    AAAA: 'NODATA',
  },
};

describe('a chain of aliases, through our own resolver and real sockets,', () => {
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

  async function sendAs(says: (before: number) => Says, allowLoopback = false): Promise<AttemptResult[]> {
    const { address } = await nameServer((type, before) => says(before)[type]);
    const results: AttemptResult[] = [];
    for (const { port } of canaries.all) {
      const send = createSender({ allowLoopback, resolve: createResolve([address]) });
      results.push(await send({ url: `https://${NAME}:${port}/`, headers: {}, body: '' }));
    }
    return results;
  }

  async function expectUntouched(): Promise<void> {
    connections.stop();
    expect([await canaries.countConnections(), connections.unapproved]).toEqual([0, []]);
  }

  it.each(Object.entries(CHAINS))('is not followed to where no webhook may go: %s', async (_, says) => {
    const results = await sendAs(() => says);
    expect(results.map(({ error_class: errorClass }) => errorClass)).toEqual(
      canaries.all.map(() => 'blocked_address'),
    );
    await expectUntouched();
  });

  it.each(Object.entries(ENDLESS))('without an end is no address: %s', async (_, says) => {
    const results = await sendAs(() => says);
    expect(results.map(({ error_class: errorClass }) => errorClass)).toEqual(
      canaries.all.map(() => 'dns_error'),
    );
    await expectUntouched();
  });

  it('that turns between the check of the name and the send is not followed', async () => {
    const { address } = await nameServer((type, before) =>
      type === 'AAAA' ? 'NODATA' : { aliases: THREE, address: before === 0 ? PUBLIC : LOOPBACK },
    );
    const resolve = createResolve([address]);
    expect(await resolvesToForbiddenAddress(NAME, resolve, { allowLoopback: false })).toBe(false);
    const send = createSender({ allowLoopback: false, resolve });
    for (const { port } of canaries.all)
      expect(await send({ url: `https://${NAME}:${port}/`, headers: {}, body: '' })).toMatchObject({
        error_class: 'blocked_address',
      });
    await expectUntouched();
  });

  it('is followed to a public address', async () => {
    const results = await sendAs(() => ({ A: { aliases: THREE, address: PUBLIC }, AAAA: 'NODATA' }));
    expect(results.map(({ error_detail: detail }) => detail)).toEqual(
      canaries.all.map(() => 'NOT_CONNECTED: 93.184.216.34'),
    );
  });

  it('reaches a canary as soon as loopback is allowed', async () => {
    await sendAs(() => ({ A: { aliases: THREE, address: LOOPBACK }, AAAA: 'NODATA' }), true);
    for (const { host, connections: hits } of canaries.all) expect(hits()).toBe(host === '127.0.0.1' ? 1 : 0);
  });

  it('is judged by the address at its end, however long it is and whatever it leads to', async () => {
    const dice = new Dice(seededRandom(SEED + 3));
    let says: Says = { A: 'NODATA', AAAA: 'NODATA' };
    const { address } = await nameServer((type) => says[type]);
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
      says = family === 4 ? { A: chain, AAAA: 'NODATA' } : { A: 'NODATA', AAAA: chain };
      const text = family === 4 ? dotted(value) : legalIpv6(value, dice);
      const send = createSender({ allowLoopback: false, resolve });
      const port = dice.pick(canaries.all).port;
      const { error_class: errorClass } = await send({
        url: `https://${NAME}:${port}/`,
        headers: {},
        body: '',
      });
      const expected = isApproved(text) ? 'protocol_error' : 'blocked_address';
      if (errorClass !== expected) wrong.push(`${text}: ${errorClass}`);
      if (errorClass === 'blocked_address') blocked += 1;
    }
    connections.stop();
    const hits = await canaries.countConnections();
    recordFigures('aliases', {
      'sent to a name that is an alias': tries,
      'of these blocked': blocked,
      'of these about to connect to a public address': connections.approved(),
      'sends that came to something else than they must': wrong.length,
      'connections to the canaries': hits,
      'connections to unapproved addresses': connections.unapproved.length,
    });
    expect(wrong).toEqual([]);
    expect([hits, connections.unapproved]).toEqual([0, []]);
    expect(blocked).toBeGreaterThan(tries / 20);
    expect(connections.approved()).toBeGreaterThan(tries / 20);
  });
});
