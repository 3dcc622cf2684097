import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BlockedAddress,
  DnsFailure,
  guardedLookup,
  isAllowedAddress,
  problemOfAddresses,
  problemOfHostname,
  type Resolve,
} from '../../lambdas/delivery/address-guard.ts';

const STRICT = { allowLoopback: false };
const LOCAL = { allowLoopback: true };
const IPV6 = '2606:2800:220:1::1';

/**
 * The ranges of https://www.iana.org/assignments/iana-ipv4-special-registry, multicast, and Azure's wire server. The product
 * uses the ranges of a library. The test compares the product with this list and Node's matcher.
 */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '168.63.129.16/32',
];

function blockList(cidrs: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', prefix] = cidr.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

describe('isAllowedAddress', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.31.255.255',
    '192.0.0.192',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:a9fe:a9fe::1',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    '2606:2800:220:1::1%eth0',
    '8.8.8.8%eth0',
    '8.8.8.8%',
    'fec0::1',
    'ff02::1',
    '4000::1',
    '',
    'localhost',
    '127.1',
    '2130706433',
    '1.2.3',
    '010.0.0.1',
    '::1.0.0.0',
    '::8.8.8.8',
    'not an address',
    '::1::',
  ])('refuses %j', (address) => {
    expect(isAllowedAddress(address, STRICT)).toBe(false);
  });

  it('refuses every IPv4 address of a special range and allows all others', () => {
    const special = blockList(SPECIAL_IPV4, 'ipv4');
    const near = fc.constantFrom(...SPECIAL_IPV4.map((cidr) => cidr.split('/')[0] ?? ''));
    const octets = (address: string) => address.split('.').map(Number);
    const address = fc.oneof(
      fc.ipV4(),
      fc.tuple(near, fc.integer({ min: -2, max: 2 })).map(([base, step]) => {
        const [a = 0, b = 0, c = 0, d = 0] = octets(base);
        const value = (((a * 256 + b) * 256 + c) * 256 + d + step + 2 ** 32) % 2 ** 32;
        return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
      }),
    );
    fc.assert(
      fc.property(address, (text) => {
        expect(isAllowedAddress(text, STRICT)).toBe(!special.check(text, 'ipv4'));
        // The IPv4-mapped address gets the same result.
        expect(isAllowedAddress(`::ffff:${text}`, STRICT)).toBe(!special.check(text, 'ipv4'));
      }),
      { numRuns: 5_000 },
    );
  });

  it('refuses every IPv6 address outside 2000::/3', () => {
    const global = blockList(['2000::/3'], 'ipv6');
    const outside = fc
      .ipV6()
      .filter((text) => !global.check(text, 'ipv6') && !/^(?:0*:)*:?(?:0*:)*ffff:/i.test(text));
    fc.assert(
      fc.property(outside, (text) => {
        expect(isAllowedAddress(text, STRICT)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    '93.184.216.34',
    '8.8.8.8',
    '172.15.255.255',
    '172.32.0.1',
    '::ffff:8.8.8.8',
    '2606:2800:220:1::1',
  ])('allows %s', (address) => {
    expect(isAllowedAddress(address, STRICT)).toBe(true);
  });

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1'])('allows %s in the local run only', (address) => {
    expect(isAllowedAddress(address, LOCAL)).toBe(true);
    expect(isAllowedAddress(address, STRICT)).toBe(false);
  });

  it.each(['10.0.0.1', '169.254.169.254', '192.168.0.1'])('refuses %s also in the local run', (address) => {
    expect(isAllowedAddress(address, LOCAL)).toBe(false);
  });
});

describe('guardedLookup', () => {
  function lookup(resolve: Resolve, { all = true, guard = STRICT } = {}): Promise<unknown> {
    return new Promise((settle, reject) => {
      guardedLookup(resolve, guard)('hooks.example.com', { all }, (error, address, family) => {
        if (error) reject(error);
        else settle(all ? address : { address, family });
      });
    });
  }

  it('passes an error with a name and a reason, and no address, to the socket', async () => {
    const refusalOf = (addresses: readonly string[]) =>
      new Promise((settle) => {
        const resolve: Resolve = () => Promise.resolve(addresses);
        guardedLookup(resolve, STRICT)('hooks.example.com', { all: true }, (error, entries) =>
          settle([error?.name, error?.message, entries]),
        );
      });
    expect(await refusalOf(['10.0.0.1'])).toEqual([
      'BlockedAddress',
      'hooks.example.com resolves to an address that is not public',
      [],
    ]);
    expect(await refusalOf([])).toEqual(['DnsFailure', 'hooks.example.com has no address', []]);
  });

  it('refuses a name if one of its addresses is not public', async () => {
    await expect(lookup(() => Promise.resolve(['8.8.8.8', '10.0.0.1']))).rejects.toBeInstanceOf(
      BlockedAddress,
    );
    await expect(lookup(() => Promise.resolve(['8.8.8.8', 'fd00::1']))).rejects.toBeInstanceOf(
      BlockedAddress,
    );
  });

  it('refuses an address with a zone', async () => {
    for (const address of ['8.8.8.8%eth0', '2606:2800:220:1::1%1'])
      await expect(lookup(() => Promise.resolve([address]))).rejects.toBeInstanceOf(BlockedAddress);
  });

  it('resolves the name for each connection, and refuses it after DNS rebinding', async () => {
    const responses = [['8.8.8.8'], ['127.0.0.1']];
    const rebinding: Resolve = () => Promise.resolve(responses.shift() ?? []);
    expect(await lookup(rebinding)).toEqual([{ address: '8.8.8.8', family: 4 }]);
    await expect(lookup(rebinding)).rejects.toBeInstanceOf(BlockedAddress);
  });

  it('rejects with a DnsFailure if the name does not resolve', async () => {
    const cause = Object.assign(new Error('none'), { code: 'ENOTFOUND' });
    const failure = lookup(() => Promise.reject(cause));
    await expect(failure).rejects.toBeInstanceOf(DnsFailure);
    await expect(failure).rejects.toMatchObject({
      message: 'hooks.example.com does not resolve (ENOTFOUND)',
      cause,
    });
    await expect(lookup(() => Promise.reject(new Error('none')))).rejects.toThrow('(no response)');
    await expect(lookup(() => Promise.resolve([]))).rejects.toBeInstanceOf(DnsFailure);
  });

  it('returns only the IPv4 addresses, because a Lambda function has no route to the others', async () => {
    const resolve: Resolve = () => Promise.resolve([IPV6, '8.8.8.8', '::ffff:8.8.8.8', '1.1.1.1']);
    expect(await lookup(resolve)).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '1.1.1.1', family: 4 },
    ]);
    expect(await lookup(resolve, { all: false })).toEqual({ address: '8.8.8.8', family: 4 });
  });

  it('rejects with a DnsFailure if the name has only IPv6 addresses', async () => {
    const failure = lookup(() => Promise.resolve([IPV6]));
    await expect(failure).rejects.toBeInstanceOf(DnsFailure);
    await expect(failure).rejects.toThrow('hooks.example.com has no IPv4 address');
  });

  it('returns the addresses of both families in the local run', async () => {
    expect(await lookup(() => Promise.resolve(['8.8.8.8', IPV6, '::1']), { guard: LOCAL })).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: IPV6, family: 6 },
      { address: '::1', family: 6 },
    ]);
  });
});

describe('problemOfHostname', () => {
  const problemOf = (resolve: Resolve, options = STRICT) =>
    problemOfHostname('hooks.example.com', resolve, options);

  it('is `forbidden` if one of the addresses is not public', async () => {
    expect(await problemOf(() => Promise.resolve(['8.8.8.8', '10.0.0.1']))).toBe('forbidden');
    expect(await problemOf(() => Promise.resolve([IPV6, '::1']))).toBe('forbidden');
  });

  it('is `ipv6_only` if the name has no IPv4 address, except in the local run', async () => {
    const resolve = () => Promise.resolve([IPV6, '::ffff:8.8.8.8']);
    expect(await problemOf(resolve)).toBe('ipv6_only');
    expect(await problemOf(resolve, LOCAL)).toBeUndefined();
    expect(await problemOf(() => Promise.resolve([IPV6, '8.8.8.8']))).toBeUndefined();
  });

  it('is undefined if all addresses are public, or if the name does not resolve', async () => {
    expect(await problemOf(() => Promise.resolve(['8.8.8.8']))).toBeUndefined();
    expect(await problemOf(() => Promise.resolve([]))).toBeUndefined();
    expect(await problemOf(() => Promise.reject(new Error('none')))).toBeUndefined();
  });
});

describe('problemOfAddresses', () => {
  it.each([
    [['8.8.8.8'], undefined, undefined],
    [['127.0.0.1'], 'forbidden', undefined],
    [['::1'], 'forbidden', undefined],
    [[IPV6], 'ipv6_only', undefined],
    [['10.0.0.1'], 'forbidden', 'forbidden'],
  ])('of %j is %s, and %s in the local run', (addresses, problem, local) => {
    expect(problemOfAddresses(addresses, STRICT)).toBe(problem);
    expect(problemOfAddresses(addresses, LOCAL)).toBe(local);
  });
});
