import { Resolver } from 'node:dns/promises';
import { isIP, isIPv4, isIPv6, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The endpoint resolves to an address to which no webhook may be sent. A retry does not help. */
export class BlockedAddress extends Error {
  override readonly name = 'BlockedAddress';
}

/** The name does not resolve to a reachable address: it has none, or its name servers do not respond. */
export class DnsFailure extends Error {
  override readonly name = 'DnsFailure';
}

export interface GuardOptions {
  /** True only in the local run, whose webhook inbox is on the same machine. The local run also connects to IPv6 addresses. */
  readonly allowLoopback: boolean;
}

/** `forbidden`: an address is not public. `ipv6_only`: no address is an IPv4 address, so a Lambda function can connect to none. */
export type AddressProblem = 'forbidden' | 'ipv6_only';

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

/**
 * Whether the network of the sender has a route to this kind of address. A Lambda function sends IPv6 only from a VPC with
 * dual-stack subnets (https://docs.aws.amazon.com/lambda/latest/dg/API_VpcConfig.html), and these functions are in no VPC.
 */
function isReachable(address: string, { allowLoopback }: GuardOptions): boolean {
  return allowLoopback || isIPv4(address);
}

/**
 * Returns why no webhook can be sent to a host with these addresses. Every address must be allowed. If only some are allowed, a
 * later connection could use a forbidden one. A host without an address has no problem, because it may get an address later.
 */
export function problemOfAddresses(
  addresses: readonly string[],
  options: GuardOptions,
): AddressProblem | undefined {
  if (!addresses.every((address) => isAllowedAddress(address, options))) return 'forbidden';
  if (addresses.length === 0 || addresses.some((address) => isReachable(address, options))) return undefined;
  return 'ipv6_only';
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
      if (failure === undefined) return addresses;
      // Without a response for IPv4, the name may have an IPv4 address. Its IPv6 addresses alone would look unreachable.
      const isComplete = responses[0].status === 'fulfilled' || NOT_FOUND_CODES.has(failure.code);
      if (isComplete && addresses.length > 0) return addresses;
      // The loop queries a failed server again. The resolver itself would only try the next server.
      if (isComplete || attempt === DNS_TRIES) throw failure;
    }
  };
}

/** Resolves a name, checks all its addresses, and returns those that the sender can reach. */
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
  const problem = problemOfAddresses(addresses, options);
  if (problem === 'forbidden') {
    throw new BlockedAddress(`${hostname} resolves to an address that is not public`);
  }
  // The DNS entry can get an IPv4 address later, so this failure is retried like a name without an address.
  if (problem === 'ipv6_only') throw new DnsFailure(`${hostname} has no IPv4 address`);
  return addresses.filter((address) => isReachable(address, options));
}

/**
 * Returns why no webhook can be sent to a name. A name that does not resolve has no problem, because it may resolve later. This
 * check only reports a mistake early. The protection is `guardedLookup`, which checks each address when the socket connects.
 */
export async function problemOfHostname(
  hostname: string,
  resolve: Resolve,
  options: GuardOptions,
): Promise<AddressProblem | undefined> {
  const addresses = await resolve(hostname).catch(() => []);
  return problemOfAddresses(addresses, options);
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
