import { expect, describe, it } from 'vitest';
import { createResolve } from '../../lambdas/delivery/address-guard.ts';
import { bytesOf, type DnsResponse } from '../../sim/name-server.ts';
import { nameServer } from '../name-server.ts';
import { until } from '../time.ts';

const V4 = bytesOf(93, 184, 216, 34);
const V6 = bytesOf(0x26, 0x06, 0x28, 0, 0x02, 0x20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1);

/** So long that a slow machine never reaches the time limit: each try ends with the response of the name server. */
const RESPONSE_MS = 120_000;
/** A short time limit for a name server that does not respond. */
const NO_RESPONSE_MS = 20;

async function resolveWith(respond: Parameters<typeof nameServer>[0], tryMs = RESPONSE_MS) {
  const { address, queries } = await nameServer(respond);
  const result = await createResolve(
    [address],
    tryMs,
  )('hooks.example.com').catch((error: NodeJS.ErrnoException) => error.code);
  return { result, queries };
}

describe('createResolve', () => {
  it.each([
    ['the addresses of both families', V4, V6, ['93.184.216.34', '2606:2800:220:1::1']],
    ['only the IPv4 address', V4, 'NODATA', ['93.184.216.34']],
    ['only the IPv6 address', 'NODATA', V6, ['2606:2800:220:1::1']],
    ['the IPv4 address if the server fails for IPv6', V4, 'SERVFAIL', ['93.184.216.34']],
  ] as const)('returns %s', async (_label, a, aaaa, addresses) => {
    const { result, queries } = await resolveWith((type) => (type === 'A' ? a : aaaa));
    expect(result).toEqual(addresses);
    expect(queries).toEqual({ A: 1, AAAA: 1 });
  });

  it.each(['SERVFAIL', 'NXDOMAIN'] as const)(
    'returns the addresses of the third try after SERVFAIL and %s in the first two',
    async (first) => {
      const { result, queries } = await resolveWith((type, before): DnsResponse => {
        if (before === 2) return type === 'A' ? V4 : 'NODATA';
        return type === 'A' ? 'SERVFAIL' : first;
      });
      expect(result).toEqual(['93.184.216.34']);
      expect(queries).toEqual({ A: 3, AAAA: 3 });
    },
  );

  it.each([
    ['ENOTFOUND', 'NXDOMAIN', 'NXDOMAIN', 1],
    ['ENODATA', 'NODATA', 'NODATA', 1],
    ['ENODATA', 'NODATA', 'NXDOMAIN', 1],
    ['ESERVFAIL', 'SERVFAIL', 'SERVFAIL', 3],
    ['ESERVFAIL', 'NXDOMAIN', 'SERVFAIL', 3],
    ['ESERVFAIL', 'SERVFAIL', 'NODATA', 3],
    ['ETIMEOUT', 'nothing', 'nothing', 3],
    // The name may have an IPv4 address, which a Lambda function needs.
    ['ESERVFAIL', 'SERVFAIL', V6, 3],
  ] as const)('rejects with %s for the responses %j and %j, after %d tries', async (code, a, aaaa, times) => {
    const tryMs = a === 'nothing' ? NO_RESPONSE_MS : RESPONSE_MS;
    const { result, queries } = await resolveWith((type) => (type === 'A' ? a : aaaa), tryMs);
    expect(result).toBe(code);
    // The last queries may still be in the socket of the name server.
    await until(`${times} queries`, () => (queries.A + queries.AAAA >= 2 * times ? true : undefined));
    expect(queries).toEqual({ A: times, AAAA: times });
  });

  it('resolves localhost to 127.0.0.1 without a query', async () => {
    const { address, queries } = await nameServer(() => V4);
    expect(await createResolve([address])('localhost')).toEqual(['127.0.0.1']);
    expect(queries).toEqual({ A: 0, AAAA: 0 });
  });

  it("queries the machine's name servers by default", async () => {
    const code = await createResolve()('name.invalid').catch((error: NodeJS.ErrnoException) => error.code);
    // The error code depends on the machine: it may have no name servers, and their responses for this name differ.
    expect(code).toMatch(/^E(?!RR_)/);
  });
});
