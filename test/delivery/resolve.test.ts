import { expect, describe, it } from 'vitest';
import { createResolve } from '../../lambdas/delivery/address-guard.ts';
import { bytesOf, nameServer, type DnsAnswer } from '../../sim/name-server.ts';
import { until } from '../time.ts';

const V4 = bytesOf(93, 184, 216, 34);
const V6 = bytesOf(0x26, 0x06, 0x28, 0, 0x02, 0x20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1);

/** Longer than this machine ever stands still: a try ends by the answer of the name server. */
const ANSWERS_MS = 120_000;
/** A try at a name server that says nothing ends at once. */
const SILENT_MS = 20;

async function resolved(answer: Parameters<typeof nameServer>[0], tryMs = ANSWERS_MS) {
  const { address, asked } = await nameServer(answer);
  const result = await createResolve(
    [address],
    tryMs,
  )('hooks.example.com').catch((error: NodeJS.ErrnoException) => error.code);
  return { result, asked };
}

describe('a name has', () => {
  it.each([
    ['the addresses of both families', V4, V6, ['93.184.216.34', '2606:2800:220:1::1']],
    ['those of one', V4, 'NODATA', ['93.184.216.34']],
    ['those of the other', 'NODATA', V6, ['2606:2800:220:1::1']],
    ['those that were found, though a server failed for the rest', V4, 'SERVFAIL', ['93.184.216.34']],
  ] as const)('%s', async (_which, a, aaaa, addresses) => {
    const { result, asked } = await resolved((type) => (type === 'A' ? a : aaaa));
    expect(result).toEqual(addresses);
    expect(asked).toEqual({ A: 1, AAAA: 1 });
  });

  it.each(['SERVFAIL', 'NXDOMAIN'] as const)(
    'what the third answer says, after two of %s and one',
    async (first) => {
      const { result, asked } = await resolved((type, before): DnsAnswer => {
        if (before === 2) return type === 'A' ? V4 : 'NODATA';
        return type === 'A' ? 'SERVFAIL' : first;
      });
      expect(result).toEqual(['93.184.216.34']);
      expect(asked).toEqual({ A: 3, AAAA: 3 });
    },
  );
});

describe('a name does not resolve', () => {
  it.each([
    ['ENOTFOUND', 'NXDOMAIN', 'NXDOMAIN', 1],
    ['ENODATA', 'NODATA', 'NODATA', 1],
    ['ENODATA', 'NODATA', 'NXDOMAIN', 1],
    ['ESERVFAIL', 'SERVFAIL', 'SERVFAIL', 3],
    ['ESERVFAIL', 'NXDOMAIN', 'SERVFAIL', 3],
    ['ESERVFAIL', 'SERVFAIL', 'NODATA', 3],
    ['ETIMEOUT', 'nothing', 'nothing', 3],
  ] as const)('%s: where the answers are %s and %s, asked %d times', async (code, a, aaaa, times) => {
    const tryMs = a === 'nothing' ? SILENT_MS : ANSWERS_MS;
    const { result, asked } = await resolved((type) => (type === 'A' ? a : aaaa), tryMs);
    expect(result).toBe(code);
    // The last questions may still be in the socket of the name server.
    await until(`${times} questions`, () => (asked.A + asked.AAAA >= 2 * times ? true : undefined));
    expect(asked).toEqual({ A: times, AAAA: times });
  });
});

describe('the local run’s own name', () => {
  it('is this machine, whatever a server says', async () => {
    const { address, asked } = await nameServer(() => V4);
    expect(await createResolve([address])('localhost')).toEqual(['127.0.0.1']);
    expect(asked).toEqual({ A: 0, AAAA: 0 });
  });
});

describe('without servers of its own, a test', () => {
  it('asks those of the machine', async () => {
    const code = await createResolve()('name.invalid').catch((error: NodeJS.ErrnoException) => error.code);
    // Whether there are any, and what they say of a name that cannot be, is up to the machine.
    expect(code).toMatch(/^E(?!RR_)/);
  });
});
