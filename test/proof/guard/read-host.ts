import type { AddressValue } from './registry.ts';
import { valueOfIpv6 } from './spellings.ts';

/** The host of a URL, parsed without Node's URL parser. It follows the URL standard for the schemes http and https. */
export type ParsedHost =
  | { readonly kind: 'address'; readonly address: AddressValue }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'none' };

const NONE: ParsedHost = { kind: 'none' };
/** Characters that the URL standard removes from a host name. */
const IGNORED = /\p{Default_Ignorable_Code_Point}/gu;

function authorityOf(text: string): string | undefined {
  const bare = text.replace(/^[\0-\u0020]+|[\0-\u0020]+$/g, '').replace(/[\t\n\r]/g, '');
  const [, rest] = /^https?:(.*)$/isu.exec(bare) ?? [];
  return rest?.replace(/^[/\\]*/, '').split(/[/\\?#]/, 1)[0];
}

function hostOf(authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const [bracketed] = /^\[[^\]]*\]/.exec(host) ?? [];
  return bracketed ?? host.split(':', 1)[0] ?? '';
}

function percentDecode(text: string): string {
  const bytes = Buffer.from(text.toWellFormed(), 'utf8').toString('latin1');
  const decoded = bytes.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(decoded, 'latin1').toString('utf8');
}

function foldName(name: string): string {
  return name
    .replace(IGNORED, '')
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKC')
    .replaceAll('\u3002', '.');
}

function numberOf(part: string): number | undefined {
  if (/^0x[0-9a-f]*$/.test(part)) return part === '0x' ? 0 : Number(part);
  if (/^0[0-7]*$/.test(part)) return parseInt(part, 8);
  return /^[1-9][0-9]*$/.test(part) ? Number(part) : undefined;
}

/** Parses like inet_aton: up to four numbers, of which the last fills the remaining bytes. */
function ipv4Of(parts: readonly string[]): number | undefined {
  const numbers = parts.map(numberOf);
  if (parts.length > 4) return undefined;
  let value = 0;
  for (const [index, number] of numbers.entries()) {
    const last = index === numbers.length - 1;
    if (number === undefined || number >= 256 ** (last ? 4 - index : 1)) return undefined;
    value += last ? number : number * 256 ** (3 - index);
  }
  return value;
}

function parseBracketedHost(text: string): ParsedHost {
  const value = ipv6Of(text.slice(1, -1).toLowerCase());
  return value === undefined ? NONE : { kind: 'address', address: { family: 6, value } };
}

function ipv6Of(text: string): bigint | undefined {
  const [, tail] = /:([0-9.]*\.[0-9.]*)$/.exec(text) ?? [];
  if (tail === undefined) return valueOfIpv6(text);
  const parts = tail.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part))) return undefined;
  const value = ipv4Of(parts);
  if (value === undefined) return undefined;
  const words = [value >>> 16, value & 0xffff].map((word) => word.toString(16)).join(':');
  return valueOfIpv6(`${text.slice(0, -tail.length)}${words}`);
}

export function parseHost(text: string): ParsedHost {
  const authority = authorityOf(text.toWellFormed());
  if (authority === undefined) return NONE;
  const host = hostOf(authority);
  if (host.startsWith('[')) return parseBracketedHost(host);
  const name = foldName(percentDecode(host));
  const parts = name.replace(/\.$/, '').split('.');
  const last = parts.at(-1) ?? '';
  if (!/^(?:[0-9]+|0x[0-9a-f]*)$/.test(last)) return name === '' ? NONE : { kind: 'name', name };
  const value = ipv4Of(parts);
  return value === undefined ? NONE : { kind: 'address', address: { family: 4, value: BigInt(value) } };
}
