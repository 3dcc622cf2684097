import type { Resolve } from '../../../lambdas/delivery/address-guard.ts';
import type { Dice } from '../../../sim/random.ts';
import { randomAddress, randomIpv4, randomIpv6 } from './addresses.ts';
import { isPublic } from './registry.ts';
import { dotted, legalIpv6 } from './spellings.ts';

/** The result of one DNS lookup. */
export type DnsResult = readonly string[] | Error | 'never';

/** The results of consecutive lookups. The last result repeats. */
export interface DnsScript {
  readonly kind: string;
  readonly results: readonly [DnsResult, ...DnsResult[]];
}

function randomPublicAddress(dice: Dice): string {
  for (;;) {
    const family = dice.chance(0.5) ? 4 : 6;
    const value = family === 4 ? randomIpv4(dice) : randomIpv6(dice);
    if (isPublic({ family, value })) return family === 4 ? dotted(value) : legalIpv6(value, dice);
  }
}

const PRIVATE = [
  '127.0.0.1',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '0.0.0.0',
  '::',
  '169.254.169.254',
  '10.0.0.1',
  'fd00:ec2::254',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  'fe80::1',
] as const;

function randomPrivateAddress(dice: Dice): string {
  if (dice.chance(0.8)) return dice.pick(PRIVATE);
  for (;;) {
    const { text, legal, ...address } = randomAddress(dice);
    if (legal && !isPublic(address)) return text;
  }
}

function several(random: (dice: Dice) => string, dice: Dice): string[] {
  return Array.from({ length: 1 + dice.below(4) }, () => random(dice));
}

function mixed(dice: Dice): string[] {
  const addresses = several(randomPublicAddress, dice);
  addresses.splice(dice.below(addresses.length + 1), 0, randomPrivateAddress(dice));
  return addresses;
}

const GARBAGE = [
  '',
  ' ',
  'not an address',
  'localhost',
  '127.1',
  '0x7f.1',
  '0177.0.0.1',
  '2130706433',
  '8.8.8.8 ',
  ' 127.0.0.1',
  '8.8.8.8:53',
  '[::1]',
  '::1::',
  '\u2460\u2461\u2466.0.0.1',
  '8.8.8.8\u0000127.0.0.1',
  // A resolver that violates its types.
  null as unknown as string,
  2_130_706_433 as unknown as string,
] as const;

const ZONED = [
  'fe80::1%lo',
  '::1%lo',
  '::1%1',
  '127.0.0.1%lo',
  '8.8.8.8%eth0',
  '2606:2800:220:1::1%eth0',
] as const;

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

const SCRIPTS: Readonly<Record<string, (dice: Dice) => DnsScript['results']>> = {
  public: (dice) => [several(randomPublicAddress, dice)],
  'many addresses': (dice) => [Array.from({ length: 64 }, () => randomPublicAddress(dice))],
  'many, one private': (dice) => [
    [...Array.from({ length: 64 }, () => randomPublicAddress(dice)), randomPrivateAddress(dice)],
  ],
  private: (dice) => [several(randomPrivateAddress, dice)],
  mixed: (dice) => [mixed(dice)],
  rebinding: (dice) => [several(randomPublicAddress, dice), several(randomPrivateAddress, dice)],
  'rebinding to a mixed result': (dice) => [several(randomPublicAddress, dice), mixed(dice)],
  // For a guard that looks up a name once to check it and once more to connect.
  'rebinding during a connection': (dice) => {
    const allowed = several(randomPublicAddress, dice);
    const forbidden = several(randomPrivateAddress, dice);
    return dice.chance(0.5) ? [allowed, allowed, forbidden] : [allowed, allowed, allowed, forbidden];
  },
  'rebinding to public addresses': (dice) => [
    several(randomPrivateAddress, dice),
    several(randomPublicAddress, dice),
  ],
  mapped: (dice) => [[`::ffff:${randomPublicIpv4(dice)}`]],
  empty: () => [[]],
  garbage: (dice) => [[dice.pick(GARBAGE)]],
  'garbage among public': (dice) => [
    [randomPublicAddress(dice), dice.pick(GARBAGE), randomPublicAddress(dice)],
  ],
  zoned: (dice) => [[dice.pick(ZONED)]],
  'name does not exist': () => [failure('ENOTFOUND')],
  'server failure': (dice) => [failure(dice.pick(['ESERVFAIL', 'EREFUSED', 'ETIMEOUT', 'EBADRESP']))],
  'fails, then private': (dice) => [failure('ESERVFAIL'), several(randomPrivateAddress, dice)],
  'no response': () => ['never'],
  'public, then no response': (dice) => [several(randomPublicAddress, dice), 'never'],
};

function randomPublicIpv4(dice: Dice): string {
  for (;;) {
    const value = randomIpv4(dice);
    if (isPublic({ family: 4, value })) return dotted(value);
  }
}

export function randomScript(dice: Dice): DnsScript {
  const kind = dice.pick(Object.keys(SCRIPTS));
  const results = SCRIPTS[kind]?.(dice);
  if (!results) throw new Error(`No script has the name ${kind}`);
  return { kind, results };
}

/** A resolver that follows a script. A lookup without a result waits for `late` and then returns the loopback addresses. */
export function resolverOf({ results }: DnsScript, late: Promise<void>): Resolve {
  let lookups = 0;
  return async () => {
    const result = results[Math.min(lookups, results.length - 1)] ?? results[0];
    lookups += 1;
    if (result instanceof Error) throw result;
    if (result !== 'never') return result;
    await late;
    return ['127.0.0.1', '::1'];
  };
}
