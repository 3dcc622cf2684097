import type { Dice } from '../../../sim/random.ts';
import { randomHost } from './hosts.ts';

const SCHEMES = [
  'HTTPS://',
  'hTtPs://',
  'http://',
  'https:',
  'https:/',
  'https:///',
  'https:\\\\',
  'https:/\\',
  'https://\\',
  '//',
  '',
  'ftp://',
  'file://',
  'file:///',
  'gopher://',
  'javascript:',
  'data:',
  'ws://',
  'wss://',
  'https+x://',
  'blob:https://',
  'view-source:https://',
  ' https://',
  '\thttps://',
  'ht\ntps://',
  '\u0000https://',
  '\uff48ttps://',
] as const;

const USERS = [
  'user:pw@',
  'user@',
  ':@',
  '@',
  '@@',
  'example.com@',
  'example.com:443@',
  '127.0.0.1\\@',
  '127.0.0.1#@',
  '127.0.0.1?@',
  'example.com/@',
  'example.com\\@',
  'example.com#@',
  'a%40b@',
  '%zz@',
  '[::1]@',
  '[::1]:443@',
] as const;

const PORTS = [':', ':0', ':00', ':1', ':22', ':80', ':443', ':0443', ':8443', ':65535', ':65536', ':99999'];
const ODD_PORTS = [':-1', ':4e2', ':0x1bb', ':443:443', ':\uff14\uff14\uff13', ': 443', ':443a', ':%34'];

const RESTS = [
  '',
  '/',
  '/hook',
  '//x',
  '//127.0.0.1/',
  '/a/../../b/./c',
  '/%2e%2e/',
  '/a\\b',
  '\\hook',
  '\\@127.0.0.1/',
  '/@127.0.0.1/',
  '/\\127.0.0.1',
  '/%0d%0aHost:%20127.0.0.1',
  '/\r\nHost: 127.0.0.1',
  '/\t',
  '/ x',
  '/\u2028',
  '/\u0085',
  '/b\u00fccher?q=\u00fc',
  '/\ud800',
  '/[]|^`{}"<>',
  '?q=1',
  '?',
  '?@127.0.0.1',
  '?url=https://127.0.0.1/',
  "?a='b'",
  '#part',
  '#',
  '#@127.0.0.1',
  ';x',
  '/;x=1?#',
] as const;

/** Characters that are inserted anywhere into a complete URL. */
const ODDITIES = [
  ...'\t\n\r\0 \u007f\u0080\u00a0\u00ad\u200b\u200d\u202e\u2060\ufeff\u3002\uff0f\uff1a\uff20@\\/%:[]#?.|^<*`'.split(
    '',
  ),
  '\ud800',
  '\udc00',
  '%00',
  '%2f',
  '%40',
  '%5c',
] as const;

export interface UrlOptions {
  /** The ports of the canaries, which are used more often than any other. */
  readonly ports: readonly number[];
}

function randomPort(dice: Dice, ports: readonly number[]): string {
  if (dice.chance(0.6)) return `:${dice.pick(ports)}`;
  if (dice.chance(0.4)) return '';
  return dice.pick(dice.chance(0.7) ? PORTS : ODD_PORTS);
}

/** A random URL, as people type it, as programs build it, or as an attacker writes it. */
export function randomUrl(dice: Dice, { ports }: UrlOptions): string {
  const scheme = dice.chance(0.8) ? 'https://' : dice.pick(SCHEMES);
  const user = dice.chance(0.85) ? '' : dice.pick(USERS);
  const text = `${scheme}${user}${randomHost(dice)}${randomPort(dice, ports)}${dice.pick(RESTS)}`;
  if (dice.chance(0.9)) return text;
  const at = dice.below(text.length + 1);
  return `${text.slice(0, at)}${dice.pick(ODDITIES)}${text.slice(at)}`;
}
