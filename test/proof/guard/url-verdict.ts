import { checkEndpointUrl } from '../../../lambdas/delivery/endpoint-url.ts';
import { parseHost, type ParsedHost } from './read-host.ts';
import { isPublic } from './registry.ts';
import { dotted, valueOfIpv6 } from './spellings.ts';

export interface UrlVerdict {
  /** The URL in the form to store, if the check accepted it. */
  readonly accepted?: string;
  /** A description of what is wrong with the result of the check. */
  readonly wrong?: string;
}

const LOCALHOST = /^(?:.*\.)?localhost\.?$/;

function isPublicHost(host: ParsedHost): boolean {
  if (host.kind === 'address') return isPublic(host.address);
  return host.kind === 'name' && !LOCALHOST.test(host.name);
}

/** Whether the host is a public IPv6 address. No Lambda function outside a VPC can connect to it. */
function isPublicIpv6(host: ParsedHost): boolean {
  return host.kind === 'address' && host.address.family === 6 && isPublic(host.address);
}

/** Whether the stored URL has the same host as the original URL. */
function isSameHost(host: ParsedHost, hostname: string): boolean {
  if (host.kind === 'none') return false;
  if (host.kind === 'name')
    return /^[\0-\u007f]*$/.test(host.name) ? host.name === hostname : hostname.includes('xn--');
  const { family, value } = host.address;
  return family === 4 ? dotted(value) === hostname : valueOfIpv6(hostname.slice(1, -1)) === value;
}

function problemOfStored(stored: string, host: ParsedHost): string | undefined {
  const { protocol, username, password, hash, port, hostname } = new URL(stored);
  if (!/^https:\/\/[\u0021-\u007e]{1,2040}$/.test(stored))
    return 'contains characters that no stored URL may contain';
  if (protocol !== 'https:' || username !== '' || password !== '' || hash !== '' || port === '0')
    return 'contains a part that no stored URL may contain';
  if (!isPublicHost(host)) return 'leads to a host that is not public';
  if (isPublicIpv6(host)) return 'leads to an IPv6 address';
  if (!isSameHost(host, hostname))
    return `has another host than the original, ${JSON.stringify(host, bigintText)}`;
  const again = checkEndpointUrl(stored, { allowInsecure: false });
  return again.ok && again.url === stored ? undefined : 'gets a different result when it is checked again';
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString(16) : value;
}

/** Verifies the product's URL check with an independent parser of the host. */
export function judgeUrl(text: string): UrlVerdict {
  const host = parseHost(text);
  try {
    const checked = checkEndpointUrl(text, { allowInsecure: false });
    if (!checked.ok) {
      const isFalseAlarm =
        checked.code === 'url_address_forbidden' && isPublicHost(host) && !isPublicIpv6(host);
      return isFalseAlarm
        ? { wrong: `${JSON.stringify(text)} is forbidden, although its host is public` }
        : {};
    }
    const wrong = problemOfStored(checked.url, host);
    return {
      accepted: checked.url,
      ...(wrong !== undefined && { wrong: `${JSON.stringify(text)}, stored as ${checked.url}, ${wrong}` }),
    };
  } catch (error) {
    return { wrong: `${JSON.stringify(text)} makes the check throw ${String(error)}` };
  }
}
