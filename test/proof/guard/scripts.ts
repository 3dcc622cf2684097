import type { Resolve } from '../../../lambdas/delivery/address-guard.ts';
import type { Dice } from '../../../sim/random.ts';
import { randomAddress, randomIpv4, randomIpv6 } from './addresses.ts';
import { isPublic } from './registry.ts';
import { dotted, legalIpv6 } from './spellings.ts';

/** What a name server says to one question. */
export type DnsResult = readonly string[] | Error | 'never';

/** What a name server says to one question after the other; the last answer again and again. */
export interface DnsScript {
  readonly kind: string;
  readonly answers: readonly [DnsResult, ...DnsResult[]];
}

function aPublicAddress(dice: Dice): string {
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

function aPrivateAddress(dice: Dice): string {
  if (dice.chance(0.8)) return dice.pick(PRIVATE);
  for (;;) {
    const { text, legal, ...address } = randomAddress(dice);
    if (legal && !isPublic(address)) return text;
  }
}

function several(one: (dice: Dice) => string, dice: Dice): string[] {
  return Array.from({ length: 1 + dice.below(4) }, () => one(dice));
}

function mixed(dice: Dice): string[] {
  const addresses = several(aPublicAddress, dice);
  addresses.splice(dice.below(addresses.length + 1), 0, aPrivateAddress(dice));
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
  // A resolver that keeps no promise of its types.
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

const SCRIPTS: Readonly<Record<string, (dice: Dice) => DnsScript['answers']>> = {
  public: (dice) => [several(aPublicAddress, dice)],
  'many addresses': (dice) => [Array.from({ length: 64 }, () => aPublicAddress(dice))],
  'many, one private': (dice) => [
    [...Array.from({ length: 64 }, () => aPublicAddress(dice)), aPrivateAddress(dice)],
  ],
  private: (dice) => [several(aPrivateAddress, dice)],
  mixed: (dice) => [mixed(dice)],
  rebinding: (dice) => [several(aPublicAddress, dice), several(aPrivateAddress, dice)],
  'rebinding to a mixed answer': (dice) => [several(aPublicAddress, dice), mixed(dice)],
  // For a guard that would look up a name once to check it, and once more to connect.
  'turning within a connection': (dice) => {
    const open = several(aPublicAddress, dice);
    const closed = several(aPrivateAddress, dice);
    return dice.chance(0.5) ? [open, open, closed] : [open, open, open, closed];
  },
  'turned public': (dice) => [several(aPrivateAddress, dice), several(aPublicAddress, dice)],
  mapped: (dice) => [[`::ffff:${aPublicIpv4(dice)}`]],
  empty: () => [[]],
  garbage: (dice) => [[dice.pick(GARBAGE)]],
  'garbage among public': (dice) => [[aPublicAddress(dice), dice.pick(GARBAGE), aPublicAddress(dice)]],
  zoned: (dice) => [[dice.pick(ZONED)]],
  'does not exist': () => [failure('ENOTFOUND')],
  'server failure': (dice) => [failure(dice.pick(['ESERVFAIL', 'EREFUSED', 'ETIMEOUT', 'EBADRESP']))],
  'fails, then private': (dice) => [failure('ESERVFAIL'), several(aPrivateAddress, dice)],
  'never answers': () => ['never'],
  'public, then never': (dice) => [several(aPublicAddress, dice), 'never'],
};

function aPublicIpv4(dice: Dice): string {
  for (;;) {
    const value = randomIpv4(dice);
    if (isPublic({ family: 4, value })) return dotted(value);
  }
}

export function randomScript(dice: Dice): DnsScript {
  const kind = dice.pick(Object.keys(SCRIPTS));
  const answers = SCRIPTS[kind]?.(dice);
  if (!answers) throw new Error(`No script ${kind}`);
  return { kind, answers };
}

/** The resolver that keeps to a script. What never came in time comes late, once `late` says so: with this machine. */
export function resolverOf({ answers }: DnsScript, late: Promise<void>): Resolve {
  let asked = 0;
  return async () => {
    const answer = answers[Math.min(asked, answers.length - 1)] ?? answers[0];
    asked += 1;
    if (answer instanceof Error) throw answer;
    if (answer !== 'never') return answer;
    await late;
    return ['127.0.0.1', '::1'];
  };
}
