import type { Dice } from '../../../sim/random.ts';
import { randomIpv4, randomIpv6 } from './addresses.ts';
import { dotted, legalIpv6, looseIpv4 } from './spellings.ts';

const LOOPBACK = 0x7f00_0001n;
const METADATA = 0xa9fe_a9fen;
const PUBLIC = 0x5db8_d822n;

/** Returns an address that attackers want, or one particular public address, more often than a random one. */
function targetIpv4(dice: Dice): bigint {
  return dice.chance(0.6)
    ? dice.pick([LOOPBACK, METADATA, PUBLIC, 0n, 0x0a00_0001n, 0xc0a8_0101n])
    : randomIpv4(dice);
}

function targetIpv6(dice: Dice): bigint {
  const targets = [1n, 0n, 0xffff_7f00_0001n, 0x7f00_0001n, (0xfd00_0ec2n << 96n) | 0x254n];
  return dice.chance(0.3) ? dice.pick(targets) : randomIpv6(dice);
}

const DOTS = ['\u3002', '\uff0e', '\uff61'] as const;

/** Characters that a URL parser reads as digits: full-width, circled, mathematical, superscript. */
const DIGITS: readonly ((digit: number) => string)[] = [
  (digit) => String.fromCodePoint(0xff10 + digit),
  (digit) => (digit === 0 ? '\u24ea' : String.fromCodePoint(0x2460 + digit - 1)),
  (digit) => String.fromCodePoint(0x1d7ce + digit),
  (digit) => '\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079'.charAt(digit),
];

function disguise(text: string, dice: Dice): string {
  const digits = dice.pick(DIGITS);
  const dot = dice.pick(DOTS);
  return text.replace(/[.\d]/g, (letter) => {
    if (dice.chance(0.5)) return letter;
    return letter === '.' ? dot : digits(Number(letter));
  });
}

function percentEncode(text: string, dice: Dice): string {
  return text.replace(/./gu, (letter) => {
    if (dice.chance(0.7)) return letter;
    return Buffer.from(letter).toString('hex').replace(/../g, '%$&');
  });
}

const NAMES = [
  'hooks.example.com',
  'HOOKS.Example.COM',
  'hooks.example.com.',
  'a..example.com',
  'intranet',
  'localhost',
  'LOCALHOST.',
  'app.localhost',
  'app.LocalHost.',
  '\u24dbocalhost',
  'local\u00adhost',
  'lo\u200bcalhost',
  'localhos\uff54',
  '\u017focalhost',
  'localhost.localdomain',
  'localhost.example.com',
  '127.0.0.1.nip.io',
  '7f000001.nip.io',
  '169-254-169-254.sslip.io',
  'metadata.google.internal',
  'instance-data.ec2.internal',
  'my_hooks.example.com',
  '-hooks.example.com',
  'hooks-.example.com',
  `${'a'.repeat(63)}.example.com`,
  `${'a'.repeat(64)}.example.com`,
  `${'abcdefg.'.repeat(32)}com`,
  'b\u00fccher.example',
  'xn--bcher-kva.example',
  'xn--',
  'xn--a',
  'xn--127-.0.0.1',
  'xn--localhost-.example',
  'fa\u00df.example',
  '\u0440\u0430ypal.example',
  'ex\u0430mple.com',
  '\u2100example.com',
  'example\uff0ecom',
  'example.com\uff0f127.0.0.1',
  'example.com\uff20127.0.0.1',
  '\ud83d\udca9.example',
  '\ud800.example',
  '1.2.3.4.5',
  '256.256.256.256',
  '1.2.3.08',
  '4294967296',
  '0x.0x.0',
  '0xffffffffff',
  '127.0.0.1.',
  '127.0.0.1..',
  '127.0.0.1a',
  'example.0x7f',
  'example.1',
  '[::1',
  '::1',
  '[127.0.0.1]',
  '[::1%25lo]',
  '[fe80::1%eth0]',
  '[v1.fe80]',
  '[]',
  '',
  ' ',
  '*',
  '%00',
  '%31%32%37.0.0.1',
  '127%2e0%2e0%2e1',
  '%e2%93%9bocalhost',
  '%ff.example',
  'example.com%2f@127.0.0.1',
] as const;

const SUFFIXES = ['', '', '', '', '.', '..', '%2e', '\u3002'] as const;

/** The host of a URL: a name, or an address in any spelling. */
export function randomHost(dice: Dice): string {
  const kind = dice.below(8);
  if (kind <= 2) return dice.pick(NAMES);
  if (kind === 3) return `${dice.hex(6)}.example.com`;
  if (kind <= 5) {
    const loose = dice.chance(0.2) ? dotted(targetIpv4(dice)) : looseIpv4(targetIpv4(dice), dice);
    const written = dice.chance(0.3) ? disguise(loose, dice) : loose;
    return `${dice.chance(0.15) ? percentEncode(written, dice) : written}${dice.pick(SUFFIXES)}`;
  }
  const ipv6 = legalIpv6(targetIpv6(dice), dice);
  return dice.chance(0.05) ? `[${percentEncode(ipv6, dice)}]` : `[${ipv6}]`;
}
