import { Resolver } from 'node:dns/promises';
import { isIP, isIPv4, isIPv6, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The endpoint resolves to an address to which no webhook may be sent. A retry does not help. */
export class BlockedAddress extends Error {
  override readonly name = 'BlockedAddress';
}

/** The name does not resolve: it does not exist, or its name servers do not respond. */
export class DnsFailure extends Error {
  override readonly name = 'DnsFailure';
}

export interface GuardOptions {
  /** True only in the local run, whose webhook inbox is on the same machine. */
  readonly allowLoopback: boolean;
}

/** Returns all addresses of a name. Rejects with an error that has a `code`, as node:dns does. Tests pass their own function. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/**
 * The Azure WireServer, which gives an Azure virtual machine its configuration. The address is in a public range, but on Azure
 * it reaches this internal service of the host. So no webhook may be sent to it.
 */
const AZURE_WIRE_SERVER = ipaddr.IPv4.parseCIDR('168.63.129.16/32');

/** 2000::/3 contains every IPv6 address that IANA has assigned as global unicast. Other ranges may get any meaning later. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Reserved for documentation (RFC 9637). The library does not know this range yet. */
const DOCUMENTATION = ipaddr.IPv6.parseCIDR('3fff::/20');

/**
 * Parses an address as a socket would, and unwraps an IPv4-mapped address. Returns undefined for a text that is no address,
 * and for an address with a zone (`%eth0`), because no public address has one. The library alone is too lenient: it accepts
 * short and octal forms, and reads `::1.0.0.0` as an IPv4 address. So Node decides whether the text is an address, and the
 * URL parser, which refuses zones, converts IPv6 to hexadecimal.
 */
function readAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (isIPv4(address)) return ipaddr.IPv4.parse(address);
  const hexadecimal = isIPv6(address) ? URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1) : undefined;
  return hexadecimal === undefined ? undefined : ipaddr.process(hexadecimal);
}

/**
 * Whether a webhook may be sent to an IP address. Only public unicast addresses are allowed. For an IPv4-mapped address,
 * the IPv4 address decides. Other forms that contain an IPv4 address (6to4, NAT64, Teredo) and invalid texts are refused.
 */
export function isAllowedAddress(address: string, { allowLoopback }: GuardOptions): boolean {
  const parsed = readAddress(address);
  if (parsed === undefined) return false;
  const range = parsed.range();
  if (range === 'loopback') return allowLoopback;
  if (range !== 'unicast') return false;
  if (parsed instanceof ipaddr.IPv4) return !parsed.match(AZURE_WIRE_SERVER);
  return parsed.match(GLOBAL_UNICAST) && !parsed.match(DOCUMENTATION);
}

/** Three tries within about two seconds, because a short failure of our resolver is not a failure of the receiver. */
const DNS_TRIES = 3;
const DNS_TRY_MS = 600;

/** The name server responded that the name, or an address of this family, does not exist. Other codes mean no response. */
const NOT_FOUND_CODES: ReadonlySet<string | undefined> = new Set(['ENODATA', 'ENOTFOUND']);

/**
 * Uses Node's own resolver instead of the system's (dns.lookup). Node's resolver has a timeout and occupies no thread of the
 * pool. It also distinguishes a name that does not exist from a server that does not respond. By default, it queries the
 * machine's name servers. Tests pass other servers and the time limit of one try, in milliseconds.
 */
export function createResolve(servers?: readonly string[], tryMs: number = DNS_TRY_MS): Resolve {
  return async (hostname) => {
    if (hostname === 'localhost') return ['127.0.0.1'];
    const resolver = new Resolver({ timeout: tryMs, tries: 1, maxTimeout: tryMs });
    if (servers) resolver.setServers(servers);
    for (let attempt = 1; ; attempt += 1) {
      const responses = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
      const addresses = responses.flatMap((response) =>
        response.status === 'fulfilled' ? response.value : [],
      );
      const failures = responses.flatMap((response) =>
        response.status === 'rejected' ? [response.reason as NodeJS.ErrnoException] : [],
      );
      const failure = failures.find(({ code }) => !NOT_FOUND_CODES.has(code)) ?? failures[0];
      if (addresses.length > 0 || failure === undefined) return addresses;
      // The loop queries a failed server again. The resolver itself would only try the next server.
      if (NOT_FOUND_CODES.has(failure.code) || attempt === DNS_TRIES) throw failure;
    }
  };
}

/** Resolves a name. Every address of the name must be allowed. If only some are allowed, a later connection could use a forbidden one. */
async function resolveAllowed(
  hostname: string,
  resolve: Resolve,
  options: GuardOptions,
): Promise<readonly string[]> {
  let addresses: readonly string[];
  try {
    addresses = await resolve(hostname);
  } catch (cause) {
    const { code = 'no response' } = cause as NodeJS.ErrnoException;
    throw new DnsFailure(`${hostname} does not resolve (${code})`, { cause });
  }
  if (addresses.length === 0) throw new DnsFailure(`${hostname} has no address`);
  if (!addresses.every((address) => isAllowedAddress(address, options))) {
    throw new BlockedAddress(`${hostname} resolves to an address that is not public`);
  }
  return addresses;
}

/**
 * Whether a name resolves to an address to which no webhook may be sent. False for a name that does not resolve, because it
 * may resolve later. This check only reports a mistake early. The protection is `guardedLookup`, which checks each address when the socket connects.
 */
export async function resolvesToForbiddenAddress(
  hostname: string,
  resolve: Resolve,
  options: GuardOptions,
): Promise<boolean> {
  try {
    await resolveAllowed(hostname, resolve, options);
    return false;
  } catch (error) {
    return error instanceof BlockedAddress;
  }
}

/**
 * The `lookup` of a socket. The socket connects to an address that this call has checked. So a name that resolves to another
 * address the next time (DNS rebinding) cannot bypass the check.
 */
export function guardedLookup(resolve: Resolve, options: GuardOptions): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    resolveAllowed(hostname, resolve, options).then(
      (addresses) => {
        const entries = addresses.map((address) => ({ address, family: isIP(address) }));
        const [first] = entries;
        if (lookupOptions.all) callback(null, entries);
        else if (first) callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };
}
