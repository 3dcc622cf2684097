/** Real input with something wrong in it, as whoever has the name of a topic, an address or a key could send it. */
import type { Dice } from '../../../sim/random.ts';

/** In JSON it becomes a list a hundred deep, or ten thousand, which no copy and no `JSON.stringify` gets through. */
const DEEP = '<deep>';

const ODD: readonly unknown[] = [
  DEEP,
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  1e308,
  NaN,
  -Infinity,
  Number.MAX_SAFE_INTEGER + 1,
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\u202e\u{1f600}é',
  '-1',
  'NaN',
  '9'.repeat(400),
  'x'.repeat(5_000),
  '<'.repeat(100_000),
  '9999-12-31T24:00:00Z',
  '+275760-09-13T00:00:00.001Z',
  '2026-02-30T25:61:61Z',
  '<>',
  '"<a@b>',
  'constructor',
  '__proto__',
  [],
  {},
  [[]],
  [null],
  { S: 'x' },
  { N: 'x' },
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
];

/** One of its own each time: what is put somewhere may be damaged next. */
function oddOf(dice: Dice): unknown {
  return structuredClone(dice.pick(ODD));
}

type Container = Record<string | number, unknown>;

/** Every place of a value that holds something. */
function placesOf(value: unknown, found: (readonly [Container, string])[] = []): typeof found {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value as Container, key]);
    placesOf((value as Container)[key], found);
  }
  return found;
}

/** What a prototype would be changed by, in an object that is otherwise as it was. */
function lay(holder: Container, dice: Dice): void {
  const name = dice.pick(['__proto__', 'constructor', 'prototype']);
  const value = { polluted: true, prototype: { polluted: true } };
  // Assigned, `__proto__` would be the prototype, and not a name.
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
}

function damagePlace(holder: Container, key: string, dice: Dice): void {
  const value = holder[key];
  const ways: readonly (() => void)[] = [
    () => delete holder[key],
    () => lay(holder, dice),
    () => void (holder[key] = oddOf(dice)),
    () => void (holder[key] = typeof value === 'string' ? damageText(value, dice) : [value]),
    () => void (holder[`${key}${dice.pick(['', 's', ' ', '\u0000'])}`] = structuredClone(value)),
  ];
  dice.pick(ways)();
}

/** A copy with one to three places inside it that are gone, of another kind, cut, laden, or there twice. */
export function damageValue<T>(value: T, dice: Dice): T {
  const copy = structuredClone(value);
  for (let times = 1 + dice.below(3); times > 0; times -= 1) {
    const places = placesOf(copy);
    if (places.length > 0) damagePlace(...dice.pick(places), dice);
  }
  return copy;
}

const INSERTED = ['"', '{', '}', '[', ']', ',', ':', '\\', '\u0000', '\ud800', '<', '%', '#', '=', '\n', 'é'];

/** One to three characters cut out, put in, changed or repeated; sometimes no more than a beginning. */
export function damageText(text: string, dice: Dice): string {
  let left = text;
  for (let times = 1 + dice.below(3); times > 0; times -= 1) {
    const at = dice.below(left.length + 1);
    const end = Math.min(left.length, at + 1 + dice.below(8));
    const ways: readonly (() => string)[] = [
      () => left.slice(0, at),
      () => left.slice(0, at) + left.slice(end),
      () => left.slice(0, at) + dice.pick(INSERTED) + left.slice(at),
      () => left.slice(0, at) + String.fromCodePoint(dice.below(256)) + left.slice(at + 1),
      () => left.slice(0, end) + left.slice(at),
    ];
    left = dice.pick(ways)();
  }
  return left;
}

/** Text that was never anything. */
export function noise(dice: Dice): string {
  const limit = dice.pick([0x20, 0x80, 0x1_00, 0x1_00_00]);
  return Array.from({ length: dice.below(200) }, () => String.fromCharCode(dice.below(limit))).join('');
}

/** A name twice in one object, or in another one than its own. */
function withNameAgain(text: string, dice: Dice): string {
  const names = text.match(/"\w+":/g) ?? [];
  const objects = [...text.matchAll(/\{(?=")/g)];
  if (names.length === 0 || objects.length === 0) return text;
  const at = dice.pick(objects).index + 1;
  const value = dice.chance(0.2) ? DEEP : oddOf(dice);
  return `${text.slice(0, at)}${dice.pick(names)}${JSON.stringify(value)},${text.slice(at)}`;
}

/** Whole, damaged inside, damaged as text, or noise: JSON of a value as somebody might send it. */
export function damageJson(value: unknown, dice: Dice): string {
  const inside = () => JSON.stringify(damageValue(value, dice));
  const ways: readonly (() => string)[] = [
    () => JSON.stringify(value),
    inside,
    inside,
    inside,
    () => withNameAgain(JSON.stringify(value), dice),
    () => damageText(JSON.stringify(value), dice),
    () => (dice.chance(0.02) ? `"${DEEP}"` : noise(dice)),
  ];
  const levels = dice.pick([100, 10_000]);
  return dice
    .pick(ways)()
    .replaceAll(`"${DEEP}"`, () => '['.repeat(levels) + ']'.repeat(levels));
}
