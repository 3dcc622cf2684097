import type { ApiRequest } from '../../api/harness.ts';
import { sized } from '../size.ts';
import type { Referent, Operation, Parameter } from './operations.ts';
import { buildRequest } from './requests.ts';
import { KINDS, type Ids, type Tenant, type TwoTenants } from './tenants.ts';

/** A value for a parameter, and a description of what the attacker tries with it. */
export interface Attack {
  readonly description: string;
  readonly value: string;
}

const LONG = 10_000;

/** Well-formed ids that do not exist. */
export const UNKNOWN_IDS: Ids = {
  workspace: `ws_${'z'.repeat(26)}`,
  endpoint: `ep_${'z'.repeat(26)}`,
  delivery: `dlv_${'z'.repeat(26)}`,
  recovery: `rcv_${'z'.repeat(26)}`,
  key: `key_${'z'.repeat(26)}`,
  event: `evt_${'z'.repeat(26)}`,
  message: '0100-nobody-0',
  recipient: 'nobody@example.com',
  sender: 'nobody@example.com',
  tag: 'campaign:nobody',
  idempotency: 'order-nobody',
  probe: 'z'.repeat(52),
};

/** Values that are not an id of any kind. */
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

/** Variants of the victim's id that a router, a parser or a key builder could treat as this id. */
function spellings(id: string, { victim, attacker }: TwoTenants, ownId: string): readonly Attack[] {
  const { workspaceId } = victim;
  return [
    ['after its workspace id', `${workspaceId}#${id}`],
    ['after its workspace id, percent-encoded', `${workspaceId}%23${id}`],
    ["after the attacker's workspace id", `${attacker.workspaceId}#${id}`],
    ['as a partition key of the table', `W#${workspaceId}`],
    ['as another partition key of the table', `M#${workspaceId}#${id}`],
    ['as a sort key of the table', `EP#${id}`],
    ['before a separator', `${id}#`],
    ['after a separator', `#${id}`],
    ['after a percent-encoded separator', `%23${id}`],
    ['after a path to the parent folder', `../${workspaceId}/${id}`],
    ['with a slash', `${id}/`],
    ['with a longer path', `${id}/secret`],
    ['with a percent-encoded slash', `${id}%2fsecret`],
    ['with a query', `${id}?workspace_id=${workspaceId}`],
    ['with a NUL', `${id}\u0000`],
    ['with a percent-encoded NUL', `${id}%00`],
    ['after a NUL', `\u0000${id}`],
    ["after the attacker's id and a NUL", `${ownId}\u0000${id}`],
    ["after the attacker's id and a comma", `${ownId},${id}`],
    ["after the attacker's id and a separator", `${ownId}#${id}`],
    ['with a space', `${id} `],
    ['with a line break', `${id}\r\nx-workspace: ${workspaceId}`],
    ['in full-width characters', fullWidth(id)],
    ['many times', `${id},`.repeat(300)],
    ['without its last character', id.slice(0, -1)],
    ['with one more character', `${id}a`],
  ].map(([variant = '', value = '']) => ({ description: `the id ${variant}`, value }));
}

function cursorAttacks({ victim, attacker }: TwoTenants, path: string): readonly Attack[] {
  const ownCursor = attacker.cursors[path] ?? '';
  if (ownCursor === '') throw new Error(`The attacker has no cursor of ${path}`);
  const bytes = Buffer.from(ownCursor, 'base64url');
  const step = sized(3, 1);
  const flips = Array.from({ length: Math.floor((bytes.length * 8) / step) }, (_, index) => {
    const bit = index * step;
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return { description: `bit ${bit} flipped`, value: flipped.toString('base64url') };
  });
  const key = { pk: `W#${victim.workspaceId}`, sk: `EP#${victim.ids.endpoint}` };
  const positions = [
    `E#2026-02-25T11:59:00.000Z#${victim.ids.event}`,
    JSON.stringify(['next', `E#2026-02-25T11:59:00.000Z#${victim.ids.event}`]),
    JSON.stringify(key),
    JSON.stringify({ pk: { S: key.pk }, sk: { S: key.sk } }),
  ];
  return [
    ...Object.entries(victim.cursors).map(([list, value]) => ({
      description: `the victim's cursor of ${list}`,
      value,
    })),
    ...Object.entries(attacker.cursors)
      .filter(([list]) => list !== path)
      .map(([list, value]) => ({ description: `the attacker's cursor of ${list}`, value })),
    ...flips,
    ...positions.flatMap((text) => [
      { description: 'a key of the table', value: text },
      { description: 'a key of the table in base64', value: Buffer.from(text).toString('base64url') },
    ]),
    ...MALFORMED.map((value) => ({ description: 'not a cursor', value })),
    { description: "the attacker's cursor without its end", value: ownCursor.slice(0, -4) },
    { description: "the attacker's cursor with padding", value: `${ownCursor}=` },
    { description: "the attacker's cursor with a line break", value: `${ownCursor}\n` },
    { description: 'a nonce and a tag without a text', value: Buffer.alloc(28).toString('base64url') },
  ];
}

/** The path of an operation in a request of the tenant for its own resource. */
export function ownPath(operation: Operation, tenant: Tenant): string {
  return buildRequest(operation, tenant).path;
}

/** The victim's value of a parameter. The response to it must equal the response to an unknown id. `undefined` if no such value exists. */
export function victimValue(refersTo: Referent, { victim }: TwoTenants): string | undefined {
  // The token of a probe is itself the permission to use it, so a probe has no tenant. `cursorAttacks` covers the cursors.
  if (refersTo === 'nothing' || refersTo === 'cursor' || refersTo === 'probe') return undefined;
  return refersTo === 'prefix' ? victim.ids.recipient.slice(0, 8) : victim.ids[refersTo];
}

export function unknownValue(refersTo: Referent): string {
  if (refersTo === 'cursor') return Buffer.alloc(64, 7).toString('base64url');
  return refersTo === 'prefix' ? 'nobody' : UNKNOWN_IDS[refersTo as keyof Ids];
}

/** The attacks on a parameter, besides the victim's own value. */
export function attacksFor(
  operation: Operation,
  { refersTo }: Parameter,
  deployment: TwoTenants,
): readonly Attack[] {
  const { victim, attacker } = deployment;
  if (refersTo === 'nothing') return [];
  if (refersTo === 'cursor') return cursorAttacks(deployment, ownPath(operation, attacker));
  const kind = refersTo === 'prefix' ? 'recipient' : refersTo;
  const otherKinds = KINDS.filter((each) => each !== kind);
  return [
    ...MALFORMED.map((value) => ({ description: 'not an id', value })),
    ...spellings(kind === 'probe' ? UNKNOWN_IDS.probe : victim.ids[kind], deployment, attacker.ids[kind]),
    ...otherKinds.flatMap((each) => [
      { description: `the victim's ${each}`, value: victim.ids[each] },
      { description: `the attacker's ${each}`, value: attacker.ids[each] },
    ]),
  ];
}

/** The text of a request: the value before its encoding, and the request as it is sent. */
export function requestText(request: ApiRequest, value: string): string {
  return `${value}\n${JSON.stringify(request)}`;
}
