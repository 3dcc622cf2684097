import type { Dice } from '../../../sim/random.ts';
import type { Family } from './registry.ts';

export interface Spelling {
  readonly text: string;
  /** Whether the RFCs allow this spelling. Other texts are not addresses, even if some parsers accept them. */
  readonly legal: boolean;
}

export function dotted(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
}

function wordsOf(value: bigint): string[] {
  const digits = value.toString(16).padStart(32, '0');
  return Array.from({ length: 8 }, (_, index) => digits.slice(index * 4, index * 4 + 4));
}

function changeCase(text: string, dice: Dice): string {
  const choice = dice.below(3);
  if (choice === 0) return text;
  if (choice === 1) return text.toUpperCase();
  return text.replace(/[a-f]/g, (letter) => (dice.chance(0.5) ? letter.toUpperCase() : letter));
}

/** Replaces any part of any run of zero words by `::`. Without a zero word, the text has no `::`. */
function compress(words: readonly string[], dice: Dice): string {
  const starts = words.flatMap((word, index) => (/^0+$/.test(word) ? [index] : []));
  if (starts.length === 0) return words.join(':');
  const start = dice.pick(starts);
  let end = start + 1;
  while (/^0+$/.test(words[end] ?? '') && dice.chance(0.8)) end += 1;
  return `${words.slice(0, start).join(':')}::${words.slice(end).join(':')}`;
}

/** A random legal spelling of an IPv6 address: with or without padding, compression, upper case and a dotted tail. */
export function legalIpv6(value: bigint, dice: Dice): string {
  const padded = dice.chance(0.3);
  const words = wordsOf(value).map((word) => (padded ? word : word.replace(/^0{1,3}/, '')));
  if (dice.chance(0.25)) {
    const head = dice.chance(0.7) ? compress(words.slice(0, 6), dice) : words.slice(0, 6).join(':');
    const between = head.endsWith('::') ? '' : ':';
    return changeCase(`${head}${between}${dotted(value & 0xffff_ffffn)}`, dice);
  }
  return changeCase(dice.chance(0.7) ? compress(words, dice) : words.join(':'), dice);
}

const ZONES = ['%eth0', '%1', '%lo', '%25eth0', '%'] as const;

/** A spelling that inet_aton and old libraries accept: hexadecimal, octal, or with fewer than four parts. */
export function looseIpv4(value: bigint, dice: Dice): string {
  const parts = 1 + dice.below(4);
  const bytes = [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn);
  const last = value & ((1n << BigInt(8 * (5 - parts))) - 1n);
  return [...bytes.slice(0, parts - 1), last].map((part) => looseNumber(part, dice)).join('.');
}

function looseNumber(value: bigint, dice: Dice): string {
  const choice = dice.below(4);
  if (choice === 0) return `0${dice.chance(0.3) ? '00' : ''}${value.toString(8)}`;
  if (choice === 1)
    return `${dice.pick(['0x', '0X'])}${dice.chance(0.3) ? '0' : ''}${changeCase(value.toString(16), dice)}`;
  return value.toString();
}

const CORRUPTIONS: readonly ((text: string, dice: Dice) => string)[] = [
  (text, dice) => `${text}${dice.pick(ZONES)}`,
  (text) => `[${text}]`,
  (text) => `${text}/32`,
  (text, dice) => `${text}${dice.pick([' ', '.', ':', '\t', '\0', '\u00a0'])}`,
  (text, dice) => `${dice.pick([' ', '.', '\u200b'])}${text}`,
  (text) => text.replace(/\d/, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  (text) => text.replace(/[.:]/, '$&$&$&'),
];

/** A spelling of the address: mostly a legal one, otherwise a text that only looks like an address. */
export function spell(family: Family, value: bigint, dice: Dice): Spelling {
  const legal = family === 4 ? dotted(value) : legalIpv6(value, dice);
  if (dice.chance(0.85)) return { text: legal, legal: true };
  const loose =
    family === 4 && dice.chance(0.5) ? looseIpv4(value, dice) : dice.pick(CORRUPTIONS)(legal, dice);
  return { text: loose, legal: loose === legal };
}

/** Parses an IPv6 address in the form that a URL parser writes: lower case, at most one `::`, no dots. */
export function valueOfIpv6(text: string): bigint | undefined {
  if (!/^[0-9a-f:]{2,39}$/.test(text)) return undefined;
  const [head = '', tail] = text.split('::', 2);
  const wordsIn = (part: string) => (part === '' ? [] : part.split(':'));
  const before = wordsIn(head);
  const after = wordsIn(tail ?? '');
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const words = [...before, ...Array<string>(missing).fill('0'), ...after];
  return BigInt(`0x${words.map((word) => word.padStart(4, '0')).join('')}`);
}
