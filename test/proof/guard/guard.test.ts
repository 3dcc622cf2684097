import { isIP } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAllowedAddress } from '../../../lambdas/delivery/address-guard.ts';
import { createSender } from '../../../lambdas/delivery/send.ts';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { SEED, sized } from '../size.ts';
import { Dice, seededRandom } from '../../../sim/random.ts';
import { randomAddress, edges } from './addresses.ts';
import { startCanaries, type Canaries } from './canaries.ts';
import { watchConnections, type Connections } from './connections.ts';
import { STRICTER_THAN_PYTHON, classifyWithPython } from './python.ts';
import {
  REACHABLE_BUT_FORBIDDEN,
  isIn,
  isPublic,
  isGloballyReachable,
  type AddressValue,
} from './registry.ts';
import { randomScript } from './scripts.ts';
import { isApproved, sendTo } from './sends.ts';
import { dotted, legalIpv6, spell, type Spelling } from './spellings.ts';
import { isPublicBySubnets } from './subnets.ts';
import { randomUrl } from './url-grammar.ts';
import { judgeUrl } from './url-verdict.ts';

const STRICT = { allowLoopback: false };
/** The number of problems that a failed expectation shows. */
const SHOWN = 20;
/** The number of concurrent sends. */
const CONCURRENCY = 64;

type Address = AddressValue & Spelling;

const figures: Record<string, string | number> = {};

/** Records the figures of all tests so far, so that a failed test does not hide the figures of another. */
function record(newFigures: Readonly<Record<string, string | number>>): void {
  Object.assign(figures, newFigures);
  recordFigures('guard', figures);
}

/** Compares the guard with both tables. Returns the verdicts if they differ. */
function contradiction(address: Address): string | undefined {
  const { family, text, legal } = address;
  const verdicts = {
    guard: isAllowedAddress(text, STRICT),
    subnets: legal && isPublicBySubnets(family, text),
    registry: legal && isPublic(address),
  };
  if (verdicts.guard === verdicts.subnets && verdicts.guard === verdicts.registry) return undefined;
  return `${JSON.stringify(text)}: ${JSON.stringify(verdicts)}`;
}

/** Compares the guard with Python. Returns the differences, except the known ones in `STRICTER_THAN_PYTHON`. */
function contradictionsWithPython(addresses: readonly Address[]): readonly string[] {
  const verdicts = classifyWithPython(addresses.map(({ text }) => text));
  return addresses.flatMap((address, index) => {
    const verdict = verdicts[index];
    const allowed = isAllowedAddress(address.text, STRICT);
    const agreed = address.legal
      ? verdict !== 'x' &&
        (allowed === (verdict === 'g') || (!allowed && isIn(STRICTER_THAN_PYTHON, address)))
      : !allowed;
    return agreed ? [] : [`${JSON.stringify(address.text)}: guard ${String(allowed)}, Python ${verdict}`];
  });
}

it('the guard agrees with the special-purpose registries in two tables and in Python', () => {
  const dice = new Dice(seededRandom(SEED));
  const tries = sized(100_000, 10_000_000);
  const spellings = edges(dice).flatMap((edge) =>
    Array.from({ length: 12 }, (): Address => ({ ...edge, ...spell(edge.family, edge.value, dice) })),
  );
  let tried = 0;
  let allowed = 0;
  let comparedWithPython = 0;
  const differences: string[] = [];

  /** Compares one batch of addresses. Python starts once for each batch, and memory stays small. */
  function compare(addresses: readonly Address[], python: boolean): void {
    for (const address of addresses) {
      const wrong = contradiction(address);
      if (wrong !== undefined) differences.push(wrong);
      if (isAllowedAddress(address.text, STRICT)) allowed += 1;
    }
    tried += addresses.length;
    if (!python) return;
    differences.push(...contradictionsWithPython(addresses));
    comparedWithPython += addresses.length;
  }
  compare(spellings, true);
  for (let batch = 0; tried < tries; batch += 1) {
    const size = Math.min(20_000, tries - tried);
    // Only every tenth batch, because Python is several times slower than the guard and both tables.
    compare(
      Array.from({ length: size }, () => randomAddress(dice)),
      batch % 10 === 0,
    );
  }

  record({
    'addresses tried': tried,
    'addresses allowed': allowed,
    'addresses also compared with Python': comparedWithPython,
    'differences between the guard and the registries': differences.length,
  });
  expect(differences.slice(0, SHOWN)).toEqual([]);
  // Enough addresses are allowed, and enough are refused.
  expect(allowed).toBeGreaterThan(tried / 20);
  expect(allowed).toBeLessThan(tried / 2);
});

it.each(REACHABLE_BUT_FORBIDDEN)(
  'the guard refuses a block that the registry calls reachable: $name',
  ({ family, from, to }) => {
    const dice = new Dice(seededRandom(SEED));
    for (const value of [from, to]) {
      expect(isGloballyReachable({ family, value })).toBe(true);
      expect(isAllowedAddress(family === 4 ? dotted(value) : legalIpv6(value, dice), STRICT)).toBe(false);
    }
  },
);

it('the URL check accepts no URL whose host is not public', () => {
  const dice = new Dice(seededRandom(SEED + 1));
  const tries = sized(100_000, 10_000_000);
  const wrong: string[] = [];
  let accepted = 0;
  for (let tried = 0; tried < tries; tried += 1) {
    const verdict = judgeUrl(randomUrl(dice, { ports: [443, 8443] }));
    if (verdict.accepted !== undefined) accepted += 1;
    if (verdict.wrong !== undefined) wrong.push(verdict.wrong);
  }

  record({ 'URLs tried': tries, 'URLs accepted': accepted, 'URLs with a wrong result': wrong.length });
  expect(wrong.slice(0, SHOWN)).toEqual([]);
  expect(accepted).toBeGreaterThan(tries / 20);
});

describe('with real sockets', () => {
  let canaries: Canaries;
  let connections: Connections;
  beforeEach(async () => {
    canaries = await startCanaries();
    connections = watchConnections(isApproved);
  });
  afterEach(() => {
    connections.stop();
    canaries.close();
  });

  it('nothing is sent to an address that is not public, for random URLs and DNS results', async () => {
    const dice = new Dice(seededRandom(SEED + 2));
    const ports = canaries.all.map(({ port }) => port);
    const tries = sized(2_000, 100_000);
    const wrong: string[] = [];
    let tried = 0;
    let stored = 0;

    /** Returns a URL in its stored form. Some are URLs that the check refused, as if they had been stored before. */
    function nextUrl(): string {
      for (;;) {
        const url = randomUrl(dice, { ports });
        const { accepted } = judgeUrl(url);
        if (accepted !== undefined) stored += 1;
        if (accepted !== undefined || (dice.chance(0.1) && URL.canParse(url))) return accepted ?? url;
      }
    }
    async function sendUntilDone(): Promise<void> {
      while (tried < tries) {
        tried += 1;
        const problem = await sendTo(nextUrl(), randomScript(dice));
        if (problem !== undefined) wrong.push(problem);
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, sendUntilDone));
    connections.stop();
    const hits = await canaries.countConnections();

    record({
      'sends through sockets': tries,
      'of these, to URLs that the check accepted': stored,
      'of these, about to connect to a public address': connections.approved(),
      'sends with a wrong result': wrong.length,
      'connections to the canaries': hits,
      'connections to unapproved addresses': connections.unapproved.length,
    });
    expect(wrong.slice(0, SHOWN)).toEqual([]);
    expect(hits).toBe(0);
    expect(connections.unapproved.slice(0, SHOWN)).toEqual([]);
    expect(connections.approved()).toBeGreaterThan(tries / 20);
  });

  it('a send reaches the canaries and is recorded if loopback is allowed, so the canaries work', async () => {
    for (const { host, port, connections: hits } of canaries.all) {
      const literal = isIP(host) === 6 ? `[${host}]` : host;
      const targets: readonly [string, readonly string[]][] = [
        [literal, []],
        ['hooks.example.com', [host]],
        ['hooks.example.com', ['93.184.216.34', host, '2606:2800:220:1::1']],
      ];
      for (const [index, [name, addresses]] of targets.entries()) {
        const send = createSender({ allowLoopback: true, resolve: () => Promise.resolve(addresses) });
        await send({ url: `https://${name}:${port}/`, headers: {}, body: '' });
        expect(hits()).toBe(index + 1);
        expect(connections.unapproved.at(-1)).toBe(host);
      }
    }
  });
});
