import { checkEndpointUrl } from '../../../lambdas/delivery/endpoint-url.ts';
import { parseHost, type ParsedHost } from './read-host.ts';
import { isPublic } from './registry.ts';
import { dotted, valueOfIpv6 } from './spellings.ts';

export interface UrlVerdict {
  /** The form to store, where the URL was accepted. */
  readonly accepted?: string;
  readonly wrong?: string;
}

const LOCALHOST = /^(?:.*\.)?localhost\.?$/;

function isPublicHost(host: ParsedHost): boolean {
  if (host.kind === 'address') return isPublic(host.address);
  return host.kind === 'name' && !LOCALHOST.test(host.name);
}

/** Whether the host of the URL that is stored is the one that was read from the URL that came. */
function isSameHost(host: ParsedHost, hostname: string): boolean {
  if (host.kind === 'none') return false;
  if (host.kind === 'name')
    return /^[\0-\u007f]*$/.test(host.name) ? host.name === hostname : hostname.includes('xn--');
  const { family, value } = host.address;
  return family === 4 ? dotted(value) === hostname : valueOfIpv6(hostname.slice(1, -1)) === value;
}

function wrongWithStored(stored: string, host: ParsedHost): string | undefined {
  const { protocol, username, password, hash, port, hostname } = new URL(stored);
  if (!/^https:\/\/[\u0021-\u007e]{1,2040}$/.test(stored)) return 'holds what no stored URL may hold';
  if (protocol !== 'https:' || username !== '' || password !== '' || hash !== '' || port === '0')
    return 'has a part that no stored URL may have';
  if (!isPublicHost(host)) return 'leads to a host that is not public';
  if (!isSameHost(host, hostname)) return `is read as the host ${JSON.stringify(host, bigintText)}`;
  const again = checkEndpointUrl(stored, { allowInsecure: false });
  return again.ok && again.url === stored ? undefined : 'is judged otherwise the second time';
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString(16) : value;
}

/** Checks the check of a URL, by a reading of the host that has nothing in common with it. */
export function judgeUrl(text: string): UrlVerdict {
  const host = parseHost(text);
  try {
    const checked = checkEndpointUrl(text, { allowInsecure: false });
    if (!checked.ok) {
      const unjust = checked.code === 'url_address_forbidden' && isPublicHost(host);
      return unjust ? { wrong: `${JSON.stringify(text)} is forbidden, and leads to a public host` } : {};
    }
    const wrong = wrongWithStored(checked.url, host);
    return {
      accepted: checked.url,
      ...(wrong !== undefined && { wrong: `${JSON.stringify(text)}, stored as ${checked.url}, ${wrong}` }),
    };
  } catch (error) {
    return { wrong: `${JSON.stringify(text)} makes the check throw: ${String(error)}` };
  }
}
