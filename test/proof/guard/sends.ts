import { isIP, isIPv4 } from 'node:net';
import { problemOfHostname, type AddressProblem } from '../../../lambdas/delivery/address-guard.ts';
import { createSender, type AttemptResult } from '../../../lambdas/delivery/send.ts';
import { parseHost } from './read-host.ts';
import { isPublic } from './registry.ts';
import { resolverOf, type DnsResult, type DnsScript } from './scripts.ts';
import { isPublicBySubnets } from './subnets.ts';

const STRICT = { allowLoopback: false };
/** The deadline if a result must come, even on a slow machine. Only a broken guard waits this long. */
const LONG_DEADLINE_MS = 600_000;
/** The deadline if no result can come. */
const SHORT_DEADLINE_MS = 30;

/** Whether a socket may connect to this address. The subnet table decides, not the guard. */
export function isApproved(address: unknown): boolean {
  if (typeof address !== 'string' || address.includes('%')) return false;
  const family = isIP(address);
  return (family === 4 || family === 6) && isPublicBySubnets(family, address);
}

type Result = Pick<AttemptResult, 'error_class' | 'error_detail'>;

function connectingTo(addresses: readonly string[]): Result {
  return {
    error_class: 'protocol_error',
    error_detail: `NOT_CONNECTED: ${addresses.join(' ')}`.slice(0, 200),
  };
}

function expectedForName(dnsResult: DnsResult): Result {
  if (dnsResult === 'never') return { error_class: 'timeout' };
  if (dnsResult instanceof Error || dnsResult.length === 0) return { error_class: 'dns_error' };
  if (!dnsResult.every(isApproved)) return { error_class: 'blocked_address' };
  // A Lambda function outside a VPC has no route to an IPv6 address.
  const reachable = dnsResult.filter((address) => isIPv4(address));
  return reachable.length > 0 ? connectingTo(reachable) : { error_class: 'dns_error' };
}

/** The expected result of a send. It uses the independent URL parser, not the product's. */
function expectedFor(url: URL, dnsResult: DnsResult): Result {
  const { protocol, username, password } = url;
  if (protocol !== 'https:' || username !== '' || password !== '') return { error_class: 'blocked_address' };
  const host = parseHost(url.href);
  if (host.kind === 'none') throw new Error(`${url.href} cannot be read`);
  if (host.kind === 'name') return expectedForName(dnsResult);
  if (!isPublic(host.address)) return { error_class: 'blocked_address' };
  return connectingTo([url.hostname.replace(/^\[|\]$/g, '')]);
}

function isAsExpected(result: Result, expected: Result): boolean {
  const { error_class: errorClass, error_detail: detail } = expected;
  return result.error_class === errorClass && (detail === undefined || result.error_detail === detail);
}

/** The problem that the check of a name at the creation of a webhook must find, given the first DNS result. */
function expectedProblem(dnsResult: DnsResult): AddressProblem | undefined {
  if (!Array.isArray(dnsResult) || dnsResult.length === 0) return undefined;
  if (!dnsResult.every(isApproved)) return 'forbidden';
  return dnsResult.some((address) => isIPv4(address)) ? undefined : 'ipv6_only';
}

/**
 * Checks the URL as the creation of a webhook does, then sends to it with the product's own sender, agents and sockets. Returns a
 * description of what was wrong, or undefined.
 */
export async function sendTo(text: string, script: DnsScript): Promise<string | undefined> {
  const url = new URL(text);
  const wrong = (problem: string) =>
    `${text} (${script.kind}: ${JSON.stringify(script.results)}): ${problem}`;
  const { promise: late, resolve: resolveLate } = Promise.withResolvers<void>();
  const resolve = resolverOf(script, late);
  // A guard that resolves the name once too often must fail here instead of waiting forever.
  const lateTimer = setTimeout(resolveLate, LONG_DEADLINE_MS);
  const [first, second = first] = script.results;
  const responds = first !== 'never';
  const expected = expectedFor(url, responds ? second : first);
  const deadlineMs = expected.error_class === 'timeout' ? SHORT_DEADLINE_MS : LONG_DEADLINE_MS;
  const send = createSender({ ...STRICT, deadlineMs, resolve });
  try {
    if (responds && (await problemOfHostname(url.hostname, resolve, STRICT)) !== expectedProblem(first))
      return wrong('the check of its host name is wrong');
    const result = await send({ url: text, headers: { 'content-length': '2' }, body: '{}' });
    return isAsExpected(result, expected) ? undefined : wrong(JSON.stringify(result));
  } catch (error) {
    return wrong(`the sender throws ${String(error)}`);
  } finally {
    clearTimeout(lateTimer);
    resolveLate();
  }
}
