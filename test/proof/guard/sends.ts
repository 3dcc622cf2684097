import { isIP } from 'node:net';
import { resolvesToForbiddenAddress } from '../../../lambdas/delivery/address-guard.ts';
import { createSender, type AttemptResult } from '../../../lambdas/delivery/send.ts';
import { parseHost } from './read-host.ts';
import { isPublic } from './registry.ts';
import { resolverOf, type DnsResult, type DnsScript } from './scripts.ts';
import { isPublicBySubnets } from './subnets.ts';

const STRICT = { allowLoopback: false };
/** Where an answer must come, whatever else this machine does: only a guard with a fault waits so long. */
const PATIENT_MS = 600_000;
/** Where none can come, however slow this machine is. */
const SHORT_MS = 30;

/** Whether a socket may connect to what a name server said, by the table and not by the guard. */
export function isApproved(address: unknown): boolean {
  if (typeof address !== 'string' || address.includes('%')) return false;
  const family = isIP(address);
  return (family === 4 || family === 6) && isPublicBySubnets(family, address);
}

type Told = Pick<AttemptResult, 'error_class' | 'error_detail'>;

function toldOfConnecting(addresses: readonly string[]): Told {
  return {
    error_class: 'protocol_error',
    error_detail: `NOT_CONNECTED: ${addresses.join(' ')}`.slice(0, 200),
  };
}

function expectedOfName(answer: DnsResult): Told {
  if (answer === 'never') return { error_class: 'timeout' };
  if (answer instanceof Error || answer.length === 0) return { error_class: 'dns_error' };
  return answer.every(isApproved) ? toldOfConnecting(answer) : { error_class: 'blocked_address' };
}

/** What must come of a request, by the reading of the URL that is our own. */
function expectedOf(url: URL, answer: DnsResult): Told {
  const { protocol, username, password } = url;
  if (protocol !== 'https:' || username !== '' || password !== '') return { error_class: 'blocked_address' };
  const host = parseHost(url.href);
  if (host.kind === 'none') throw new Error(`${url.href} cannot be read`);
  if (host.kind === 'name') return expectedOfName(answer);
  if (!isPublic(host.address)) return { error_class: 'blocked_address' };
  return toldOfConnecting([url.hostname.replace(/^\[|\]$/g, '')]);
}

function isAsExpected(told: Told, expected: Told): boolean {
  const { error_class: errorClass, error_detail: detail } = expected;
  return told.error_class === errorClass && (detail === undefined || told.error_detail === detail);
}

/** Whether the check of a name, as where a webhook is made, says what the first answer deserves. */
function isForbiddenBy(answer: DnsResult): boolean {
  return Array.isArray(answer) && answer.length > 0 && !answer.every(isApproved);
}

/**
 * Makes the check that comes with a webhook's URL, then sends to it: through the sender as it is, with its own agents and
 * sockets. Answers what was wrong with that.
 */
export async function sendTo(text: string, script: DnsScript): Promise<string | undefined> {
  const url = new URL(text);
  const wrong = (what: string) => `${text} (${script.kind}: ${JSON.stringify(script.answers)}): ${what}`;
  const { promise: late, resolve: comesLate } = Promise.withResolvers<void>();
  const resolve = resolverOf(script, late);
  // A guard that asks once too often must fail here, and not wait for ever.
  const patience = setTimeout(comesLate, PATIENT_MS);
  const [first, second = first] = script.answers;
  const asks = first !== 'never';
  const expected = expectedOf(url, asks ? second : first);
  const deadlineMs = expected.error_class === 'timeout' ? SHORT_MS : PATIENT_MS;
  const send = createSender({ ...STRICT, deadlineMs, resolve });
  try {
    if (asks && (await resolvesToForbiddenAddress(url.hostname, resolve, STRICT)) !== isForbiddenBy(first))
      return wrong('the check of its name is mistaken');
    const told = await send({ url: text, headers: { 'content-length': '2' }, body: '{}' });
    return isAsExpected(told, expected) ? undefined : wrong(JSON.stringify(told));
  } catch (error) {
    return wrong(`the sender throws ${String(error)}`);
  } finally {
    clearTimeout(patience);
    comesLate();
  }
}
