/** Damages valid input, as an attacker could who knows the name of a topic, an address or a key. */
import type { Dice } from '../../../sim/random.ts';

/**
 * Stands for an array with a depth of 100 or 10,000. It is inserted into the finished JSON text, because `structuredClone` and
 * `JSON.stringify` cannot process such a depth.
 */
const DEEP = '<deep>';

const UNUSUAL_VALUES: readonly unknown[] = [
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

/** Returns a copy, because the next damage may change the value. */
function unusualValue(dice: Dice): unknown {
  return structuredClone(dice.pick(UNUSUAL_VALUES));
}

type Container = Record<string | number, unknown>;

/** Every property in a value, at any depth, with the object or array that contains it. */
function placesOf(value: unknown, found: (readonly [Container, string])[] = []): typeof found {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value as Container, key]);
    placesOf((value as Container)[key], found);
  }
  return found;
}

/** Adds a property that changes the prototype of an object that is built carelessly from it. */
function addPrototypeProperty(holder: Container, dice: Dice): void {
  const name = dice.pick(['__proto__', 'constructor', 'prototype']);
  const value = { polluted: true, prototype: { polluted: true } };
  // An assignment to `__proto__` would set the prototype instead of adding a property.
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
}

function damagePlace(holder: Container, key: string, dice: Dice): void {
  const value = holder[key];
  const damages: readonly (() => void)[] = [
    () => delete holder[key],
    () => addPrototypeProperty(holder, dice),
    () => void (holder[key] = unusualValue(dice)),
    () => void (holder[key] = typeof value === 'string' ? damageText(value, dice) : [value]),
    () => void (holder[`${key}${dice.pick(['', 's', ' ', '\u0000'])}`] = structuredClone(value)),
  ];
  dice.pick(damages)();
}

/** Returns a copy with one to three damaged properties: deleted, duplicated, cut off, of another type, or with an unusual value. */
export function damageValue<T>(value: T, dice: Dice): T {
  const copy = structuredClone(value);
  for (let times = 1 + dice.below(3); times > 0; times -= 1) {
    const places = placesOf(copy);
    if (places.length > 0) damagePlace(...dice.pick(places), dice);
  }
  return copy;
}

const INSERTED = ['"', '{', '}', '[', ']', ',', ':', '\\', '\u0000', '\ud800', '<', '%', '#', '=', '\n', 'é'];

/** Deletes, inserts, changes or repeats characters in one to three places, or cuts the text off. */
export function damageText(text: string, dice: Dice): string {
  let damaged = text;
  for (let times = 1 + dice.below(3); times > 0; times -= 1) {
    const at = dice.below(damaged.length + 1);
    const end = Math.min(damaged.length, at + 1 + dice.below(8));
    const damages: readonly (() => string)[] = [
      () => damaged.slice(0, at),
      () => damaged.slice(0, at) + damaged.slice(end),
      () => damaged.slice(0, at) + dice.pick(INSERTED) + damaged.slice(at),
      () => damaged.slice(0, at) + String.fromCodePoint(dice.below(256)) + damaged.slice(at + 1),
      () => damaged.slice(0, end) + damaged.slice(at),
    ];
    damaged = dice.pick(damages)();
  }
  return damaged;
}

/** Random text. */
export function noise(dice: Dice): string {
  const limit = dice.pick([0x20, 0x80, 0x1_00, 0x1_00_00]);
  return Array.from({ length: dice.below(200) }, () => String.fromCharCode(dice.below(limit))).join('');
}

/** Adds a property with a name from the text to one of its objects, so that the name may occur twice there. */
function addDuplicateName(text: string, dice: Dice): string {
  const names = text.match(/"\w+":/g) ?? [];
  const objects = [...text.matchAll(/\{(?=")/g)];
  if (names.length === 0 || objects.length === 0) return text;
  const at = dice.pick(objects).index + 1;
  const value = dice.chance(0.2) ? DEEP : unusualValue(dice);
  return `${text.slice(0, at)}${dice.pick(names)}${JSON.stringify(value)},${text.slice(at)}`;
}

/** Returns the JSON of a value: valid, with damaged properties, damaged as text, or noise. */
export function damageJson(value: unknown, dice: Dice): string {
  const damagedProperties = () => JSON.stringify(damageValue(value, dice));
  const variants: readonly (() => string)[] = [
    () => JSON.stringify(value),
    damagedProperties,
    damagedProperties,
    damagedProperties,
    () => addDuplicateName(JSON.stringify(value), dice),
    () => damageText(JSON.stringify(value), dice),
    () => (dice.chance(0.02) ? `"${DEEP}"` : noise(dice)),
  ];
  const levels = dice.pick([100, 10_000]);
  return dice
    .pick(variants)()
    .replaceAll(`"${DEEP}"`, () => '['.repeat(levels) + ']'.repeat(levels));
}
