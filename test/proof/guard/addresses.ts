import type { Dice } from '../../../sim/random.ts';
import { BLOCKS, type AddressValue, type Block, type Family } from './registry.ts';
import { spell, type Spelling } from './spellings.ts';

const IPV4_BLOCKS = BLOCKS.filter(({ family }) => family === 4);
const IPV6_BLOCKS = BLOCKS.filter(({ family }) => family === 6);
const STEPS = [-1n, 0n, 1n] as const;

function word32(dice: Dice): bigint {
  return BigInt(dice.below(2 ** 32));
}

function wide(dice: Dice): bigint {
  return (word32(dice) << 96n) | (word32(dice) << 64n) | (word32(dice) << 32n) | word32(dice);
}

function wrapAround(value: bigint, family: Family): bigint {
  return BigInt.asUintN(family === 4 ? 32 : 128, value);
}

function near(blocks: readonly Block[], dice: Dice): bigint {
  const { family, from, to } = dice.pick(blocks);
  return wrapAround((dice.chance(0.5) ? from : to) + dice.pick(STEPS), family);
}

function within(blocks: readonly Block[], dice: Dice): bigint {
  const { from, to } = dice.pick(blocks);
  return from + (wide(dice) % (to - from + 1n));
}

export function randomIpv4(dice: Dice): bigint {
  const kind = dice.below(3);
  if (kind === 0) return word32(dice);
  return kind === 1 ? near(IPV4_BLOCKS, dice) : within(IPV4_BLOCKS, dice);
}

const TEREDO_CLIENT = 0xffff_ffffn;

/** Every standard way to embed an IPv4 address in an IPv6 address, and one that no standard defines. */
const EMBEDDINGS: readonly ((ipv4: bigint, dice: Dice) => bigint)[] = [
  (ipv4) => (0xffffn << 32n) | ipv4, // mapped
  (ipv4) => ipv4, // compatible
  (ipv4) => (0xffff_0000n << 32n) | ipv4, // translated
  (ipv4) => (0x64_ff9bn << 96n) | ipv4, // NAT64
  (ipv4) => (0x64_ff9b_0001n << 80n) | ipv4, // NAT64, local use
  (ipv4, dice) => (0x2002n << 112n) | (ipv4 << 80n) | (dice.chance(0.5) ? 0n : word32(dice)), // 6to4
  (ipv4, dice) => (0x2001_0000n << 96n) | (word32(dice) << 64n) | (ipv4 ^ TEREDO_CLIENT), // Teredo, as client
  (ipv4, dice) => (0x2001_0000n << 96n) | (ipv4 << 64n) | word32(dice), // Teredo, as server
  (ipv4) => (0xfe80n << 112n) | (0x5efen << 32n) | ipv4, // ISATAP
  (ipv4, dice) => (wide(dice) & ~0xffff_ffffn) | ipv4,
];

export function randomIpv6(dice: Dice): bigint {
  const kind = dice.below(5);
  if (kind === 0) return wide(dice);
  if (kind === 1) return (1n << 125n) | (wide(dice) & ((1n << 125n) - 1n));
  if (kind === 2) return near(IPV6_BLOCKS, dice);
  return kind === 3 ? within(IPV6_BLOCKS, dice) : dice.pick(EMBEDDINGS)(randomIpv4(dice), dice);
}

export function randomAddress(dice: Dice): AddressValue & Spelling {
  const family = dice.chance(0.4) ? 4 : 6;
  const value = family === 4 ? randomIpv4(dice) : randomIpv6(dice);
  return { family, value, ...spell(family, value, dice) };
}

/** The first and last address of every block, each also ±1. The IPv4 addresses are included in every embedding as well. */
export function edges(dice: Dice): readonly AddressValue[] {
  const plain = BLOCKS.flatMap(({ family, from, to }) =>
    STEPS.flatMap((step) => [from + step, to + step]).map((value) => ({
      family,
      value: wrapAround(value, family),
    })),
  );
  const embedded = plain
    .filter(({ family }) => family === 4)
    .flatMap(({ value }) => EMBEDDINGS.map((embed) => ({ family: 6 as const, value: embed(value, dice) })));
  return [...plain, ...embedded];
}
