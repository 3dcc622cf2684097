import type { ApiRequest } from '../../api/harness.ts';
import { sized } from '../size.ts';
import type { Names, Operation, Parameter } from './operations.ts';
import { requestOf } from './requests.ts';
import { KINDS, type Ids, type Tenant, type World } from './tenants.ts';

/** A value for a parameter, and what is tried with it. */
export interface Attack {
  readonly what: string;
  readonly value: string;
}

const LONG = 10_000;

/** Well-formed, and nobody's. */
export const UNKNOWN: Ids = {
  workspace: `ws_${'z'.repeat(26)}`,
  endpoint: `ep_${'z'.repeat(26)}`,
  delivery: `dlv_${'z'.repeat(26)}`,
  recovery: `rcv_${'z'.repeat(26)}`,
  key: `key_${'z'.repeat(26)}`,
  event: `evt_${'z'.repeat(26)}`,
  message: '0100-nobody-0',
  recipient: 'nobody@example.com',
  idempotency: 'order-nobody',
  probe: 'z'.repeat(52),
};

/** No id of any kind. */
const MALFORMED = [
  'x',
  '0',
  '-1',
  'null',
  'undefined',
  '*',
  '%',
  '%25',
  '.',
  '..',
  '../..',
  '__proto__',
  'constructor',
  'toString',
  "' OR 1=1 --",
  '{"S":"x"}',
  '[object Object]',
  '\u0000',
  '\ufeff',
  '\u202e',
  '\ud83d\ude00',
  '\ud800',
  'a'.repeat(LONG),
  '\u00e9'.repeat(LONG),
];

function fullWidth(text: string): string {
  return text.replaceAll(/[!-~]/g, (each) => String.fromCharCode((each.codePointAt(0) ?? 0) + 0xfee0));
}

/** The victim's id, in forms that something on the way might take for it. */
function spellings(id: string, { victim, attacker }: World, own: string): readonly Attack[] {
  const { workspaceId } = victim;
  return [
    ['with its workspace before it', `${workspaceId}#${id}`],
    ['with its workspace before it, escaped', `${workspaceId}%23${id}`],
    ['below the own workspace', `${attacker.workspaceId}#${id}`],
    ['as a key of the table', `W#${workspaceId}`],
    ['as another key of the table', `M#${workspaceId}#${id}`],
    ['as a sort key of the table', `EP#${id}`],
    ['before a separator', `${id}#`],
    ['after a separator', `#${id}`],
    ['after an escaped separator', `%23${id}`],
    ['by way of the folder above', `../${workspaceId}/${id}`],
    ['with a slash', `${id}/`],
    ['with another path', `${id}/secret`],
    ['with an escaped slash', `${id}%2fsecret`],
    ['with a query', `${id}?workspace_id=${workspaceId}`],
    ['with a NUL', `${id}\u0000`],
    ['with an escaped NUL', `${id}%00`],
    ['after a NUL', `\u0000${id}`],
    ['after the own one and a NUL', `${own}\u0000${id}`],
    ['beside the own one', `${own},${id}`],
    ['below the own one', `${own}#${id}`],
    ['with a space', `${id} `],
    ['with a line break', `${id}\r\nx-workspace: ${workspaceId}`],
    ['in full width', fullWidth(id)],
    ['many times', `${id},`.repeat(300)],
    ['cut short', id.slice(0, -1)],
    ['with one character more', `${id}a`],
  ].map(([what = '', value = '']) => ({ what: `the id ${what}`, value }));
}

function cursorAttacks({ victim, attacker }: World, path: string): readonly Attack[] {
  const own = attacker.cursors[path] ?? '';
  if (own === '') throw new Error(`${path} has no cursor to try`);
  const bytes = Buffer.from(own, 'base64url');
  const every = sized(3, 1);
  const flips = Array.from({ length: Math.floor((bytes.length * 8) / every) }, (_, index) => {
    const bit = index * every;
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return { what: `bit ${bit} flipped`, value: flipped.toString('base64url') };
  });
  const key = { pk: `W#${victim.workspaceId}`, sk: `EP#${victim.ids.endpoint}` };
  const positions = [
    `E#2026-02-25T11:59:00.000Z#${victim.ids.event}`,
    JSON.stringify(['next', `E#2026-02-25T11:59:00.000Z#${victim.ids.event}`]),
    JSON.stringify(key),
    JSON.stringify({ pk: { S: key.pk }, sk: { S: key.sk } }),
  ];
  return [
    ...Object.entries(victim.cursors).map(([list, value]) => ({ what: `the victim's, of ${list}`, value })),
    ...Object.entries(attacker.cursors)
      .filter(([list]) => list !== path)
      .map(([list, value]) => ({ what: `the own one, of ${list}`, value })),
    ...flips,
    ...positions.flatMap((text) => [
      { what: 'a key of the table', value: text },
      { what: 'a key of the table in base64', value: Buffer.from(text).toString('base64url') },
    ]),
    ...MALFORMED.map((value) => ({ what: 'no cursor', value })),
    { what: 'the own one cut short', value: own.slice(0, -4) },
    { what: 'the own one padded', value: `${own}=` },
    { what: 'the own one with a line break', value: `${own}\n` },
    { what: 'nonce and tag alone', value: Buffer.alloc(28).toString('base64url') },
  ];
}

/** The path of an operation as its own tenant asks for it. */
export function ownPath(operation: Operation, tenant: Tenant): string {
  return requestOf(operation, tenant).path;
}

/** The one value that must be answered exactly as `UNKNOWN`; none where knowing it is the right to use it. */
export function foreign(names: Names, { victim }: World): string | undefined {
  // A probe belongs to whoever has its token, and is no tenant's; the cursors are among the attacks.
  if (names === 'nothing' || names === 'cursor' || names === 'probe') return undefined;
  return names === 'prefix' ? victim.ids.recipient.slice(0, 8) : victim.ids[names];
}

export function unknown(names: Names): string {
  if (names === 'cursor') return Buffer.alloc(64, 7).toString('base64url');
  return names === 'prefix' ? 'nobody' : UNKNOWN[names as keyof Ids];
}

/** What else is tried with a parameter. */
export function attacksOn(operation: Operation, { names }: Parameter, world: World): readonly Attack[] {
  const { victim, attacker } = world;
  if (names === 'nothing') return [];
  if (names === 'cursor') return cursorAttacks(world, ownPath(operation, attacker));
  const kind = names === 'prefix' ? 'recipient' : names;
  const others = KINDS.filter((each) => each !== kind);
  return [
    ...MALFORMED.map((value) => ({ what: 'no id', value })),
    ...spellings(kind === 'probe' ? UNKNOWN.probe : victim.ids[kind], world, attacker.ids[kind]),
    ...others.flatMap((each) => [
      { what: `the victim's ${each}`, value: victim.ids[each] },
      { what: `the own ${each}`, value: attacker.ids[each] },
    ]),
  ];
}

/** What the request said, as it was meant and as it was written. */
export function saidIn(request: ApiRequest, value: string): string {
  return `${value}\n${JSON.stringify(request)}`;
}
