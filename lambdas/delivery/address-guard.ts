import { Resolver } from 'node:dns/promises';
import { isIP, isIPv4, isIPv6, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The endpoint's address is one that no webhook may go to: no retry changes that. */
export class BlockedAddress extends Error {
  override readonly name = 'BlockedAddress';
}

/** The name does not resolve: it does not exist, or its servers do not answer. */
export class DnsFailure extends Error {
  override readonly name = 'DnsFailure';
}

export interface GuardOptions {
  /** The local run only: its inbox is on this machine. */
  readonly allowLoopback: boolean;
}

/** All addresses of a name; rejects with a `code` as node:dns does. Passed in by tests. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** In public ranges by the registry, and private in fact: Azure's wire server answers on it in every machine there. */
const PRIVATE_IN_FACT = ipaddr.IPv4.parseCIDR('168.63.129.16/32');

/** 2000::/3, all that is given out of IPv6. Whatever lies outside may be anything, some day. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Registered since the library's last look (RFC 9637, documentation). */
const DOCUMENTATION = ipaddr.IPv6.parseCIDR('3fff::/20');

/**
 * The address as the socket will take it, wrapped IPv4 unwrapped; undefined for what is none, or has a zone (`%eth0`),
 * which no public address has. The library also reads short and octal forms, and `::1.0.0.0` as the IPv4 address it is
 * not: so node says what an address is, and the URL parser, which knows no zones, writes it in hexadecimal.
 */
function readAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (isIPv4(address)) return ipaddr.IPv4.parse(address);
  const hexadecimal = isIPv6(address) ? URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1) : undefined;
  return hexadecimal === undefined ? undefined : ipaddr.process(hexadecimal);
}

/**
 * Whether a webhook may be sent to an IP address: public unicast and nothing else. Forms that wrap an IPv4 address in
 * an IPv6 one (mapped, 6to4, NAT64, Teredo) are judged by what they wrap or refused. What cannot be read is refused.
 */
export function isAllowedAddress(address: string, { allowLoopback }: GuardOptions): boolean {
  const parsed = readAddress(address);
  if (parsed === undefined) return false;
  const range = parsed.range();
  if (range === 'loopback') return allowLoopback;
  if (range !== 'unicast') return false;
  if (parsed instanceof ipaddr.IPv4) return !parsed.match(PRIVATE_IN_FACT);
  return parsed.match(GLOBAL_UNICAST) && !parsed.match(DOCUMENTATION);
}

/** Three tries of our own within about two seconds: a slip of our resolver is not the receiver's failure. */
const DNS_TRIES = 3;
const DNS_TRY_MS = 600;

/** The name is not there, or has no address of the family: an answer, where any other code is the lack of one. */
const ABSENT: ReadonlySet<string | undefined> = new Set(['ENODATA', 'ENOTFOUND']);

/**
 * By node's own resolver rather than the system's (dns.lookup): it can be told how long to wait, holds no thread of the
 * pool meanwhile, and tells a name that does not exist from a server that does not answer. By default, it
 * asks the name servers of the machine. Tests pass other servers, and how long one try may take, in milliseconds.
 */
export function createResolve(servers?: readonly string[], tryMs: number = DNS_TRY_MS): Resolve {
  return async (hostname) => {
    if (hostname === 'localhost') return ['127.0.0.1'];
    const resolver = new Resolver({ timeout: tryMs, tries: 1, maxTimeout: tryMs });
    if (servers) resolver.setServers(servers);
    for (let attempt = 1; ; attempt += 1) {
      // Sequential: the next try depends on what this one got.
      const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
      const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
      const failures = answers.flatMap((answer) =>
        answer.status === 'rejected' ? [answer.reason as NodeJS.ErrnoException] : [],
      );
      const failure = failures.find(({ code }) => !ABSENT.has(code)) ?? failures[0];
      if (addresses.length > 0 || failure === undefined) return addresses;
      // A server that fails is asked again by us: the resolver itself only goes on to another one.
      if (ABSENT.has(failure.code) || attempt === DNS_TRIES) throw failure;
    }
  };
}

/** Every address a name has must be allowed: of a mixed answer, a later connection could pick the other one. */
async function checkedAddresses(
  hostname: string,
  resolve: Resolve,
  options: GuardOptions,
): Promise<readonly string[]> {
  let addresses: readonly string[];
  try {
    addresses = await resolve(hostname);
  } catch (cause) {
    const { code = 'no answer' } = cause as NodeJS.ErrnoException;
    throw new DnsFailure(`${hostname} does not resolve (${code})`, { cause });
  }
  if (addresses.length === 0) throw new DnsFailure(`${hostname} has no address`);
  if (!addresses.every((address) => isAllowedAddress(address, options))) {
    throw new BlockedAddress(`${hostname} resolves to an address that is not public`);
  }
  return addresses;
}

/**
 * Whether a name resolves to an address that no webhook may go to. One that does not resolve may still come to be:
 * what counts is the check where the socket connects, and this one only tells early.
 */
export async function resolvesToForbiddenAddress(
  hostname: string,
  resolve: Resolve,
  options: GuardOptions,
): Promise<boolean> {
  try {
    await checkedAddresses(hostname, resolve, options);
    return false;
  } catch (error) {
    return error instanceof BlockedAddress;
  }
}

/**
 * The `lookup` of a socket: it connects to an address that was checked in this very call, so that a name which answers
 * differently the next time (rebinding) gains nothing.
 */
export function guardedLookup(resolve: Resolve, options: GuardOptions): LookupFunction {
  return (hostname, lookup, callback) => {
    checkedAddresses(hostname, resolve, options).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIP(address) }));
        const [first] = found;
        if (lookup.all) callback(null, found);
        else if (first) callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };
}
