/** Signed requests as they may come, and each way in which a byte of one may have been changed. */
import fc from 'fast-check';
import { secretText, signWebhook } from '../../../lambdas/delivery/sign.ts';

export interface SignedMessage {
  readonly webhookId: string;
  readonly timestampSeconds: number;
  readonly body: string;
  /** All that sign. */
  readonly secrets: readonly Uint8Array[];
  /** The one that the receiver has, by its place among them. */
  readonly held: number;
}

/** What arrives: headers as text, the body as bytes. */
export interface ReceivedRequest {
  readonly secret: string;
  readonly now: number;
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly body: Buffer;
}

const PARTS = ['id', 'timestamp', 'signature', 'body'] as const;
const KINDS = ['bit', 'byte', 'insert', 'remove'] as const;

export interface Change {
  readonly part: (typeof PARTS)[number];
  readonly kind: (typeof KINDS)[number];
  /** Of its length, from 0 to less than 1. */
  readonly at: number;
  readonly byte: number;
}

const aSecret = fc.uint8Array({ minLength: 24, maxLength: 64 });
const anId = fc.stringMatching(/^evt_[a-z2-7]{26}$/);
/** U+FFFD is what a library makes of bytes it cannot decode: where it is signed, it takes such bytes for it. */
const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((each) => !each.includes('\uFFFD'));
const aPayload = fc.record({
  event: fc.constantFrom('delivered', 'bounced', 'complained'),
  to: fc.emailAddress(),
  subject: text,
  tags: fc.dictionary(text, text, { maxKeys: 3 }),
});
const aBody = fc.oneof(
  { weight: 9, arbitrary: aPayload.map((payload) => JSON.stringify(payload)) },
  // Half an emoji has no bytes of its own: our JSON escapes it.
  { weight: 1, arbitrary: text.filter((each) => each.isWellFormed()) },
);

export const signedMessages: fc.Arbitrary<SignedMessage> = fc
  .record({
    webhookId: anId,
    timestampSeconds: fc.integer({ min: 1_000_000_000, max: 9_999_999_000 }),
    body: aBody,
    secrets: fc.uniqueArray(aSecret, { minLength: 1, maxLength: 3, selector: (each) => each.join() }),
    pick: fc.nat(),
  })
  .map(({ pick, ...rest }) => ({ ...rest, held: pick % rest.secrets.length }));

const aChangeOf = (part: Change['part']): fc.Arbitrary<Change> =>
  fc.record({
    part: fc.constant(part),
    kind: fc.constantFrom(...KINDS),
    at: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
    byte: fc.nat(255),
  });

/** One of each part. */
export const changeSets: fc.Arbitrary<readonly Change[]> = fc.tuple(...PARTS.map(aChangeOf));

export function receive(signed: SignedMessage): ReceivedRequest {
  const { webhookId, timestampSeconds, body, secrets, held } = signed;
  return {
    secret: secretText(secrets[held] ?? new Uint8Array()),
    now: timestampSeconds,
    id: webhookId,
    timestamp: String(timestampSeconds),
    signature: signWebhook({ webhookId, timestampSeconds, body, secrets }),
    body: Buffer.from(body),
  };
}

function changeBytes(bytes: Buffer, { kind, at, byte }: Omit<Change, 'part'>): Buffer {
  // A byte inserted at an end may be no change: a space there, a sign before a number.
  const length = kind === 'insert' ? Math.max(1, bytes.length - 1) : bytes.length;
  const index = Math.floor(at * length) + (kind === 'insert' && bytes.length > 1 ? 1 : 0);
  const [before, old, after] = [bytes.subarray(0, index), bytes[index] ?? 0, bytes.subarray(index + 1)];
  if (kind === 'insert' || bytes.length === 0)
    return Buffer.concat([before, Buffer.from([byte]), bytes.subarray(index)]);
  if (kind === 'remove') return Buffer.concat([before, after]);
  const other = kind === 'bit' ? old ^ (1 << (byte % 8)) : old === byte ? byte ^ 1 : byte;
  return Buffer.concat([before, Buffer.from([other]), after]);
}

/** Of several signatures only that of the receiver's secret is changed: any other may be whatever it is. */
export function applyChange(arrived: ReceivedRequest, held: number, change: Change): ReceivedRequest {
  if (change.part === 'body') return { ...arrived, body: changeBytes(arrived.body, change) };
  // No header can have these three; a tab it can.
  const inText = (given: string): string =>
    changeBytes(Buffer.from(given, 'latin1'), change)
      .toString('latin1')
      .replaceAll(/[\0\r\n]/g, '\t');
  if (change.part !== 'signature') return { ...arrived, [change.part]: inText(arrived[change.part]) };
  const signatures = arrived.signature.split(' ');
  return { ...arrived, signature: signatures.with(held, inText(signatures[held] ?? '')).join(' ') };
}

/** Every single bit of a request, one after the other. */
export function* flipEveryBit(arrived: ReceivedRequest, held: number): Generator<ReceivedRequest> {
  const own = arrived.signature.split(' ')[held] ?? '';
  for (const part of PARTS) {
    const { length } = part === 'signature' ? own : arrived[part];
    for (let index = 0; index < length; index += 1)
      for (let byte = 0; byte < 8; byte += 1)
        yield applyChange(arrived, held, { part, kind: 'bit', at: (index + 0.5) / length, byte });
  }
}

/** Requests as our signer sends them, and each with one byte of each part changed. */
export function generateRequests(count: number, seed: number) {
  return fc
    .sample(fc.tuple(signedMessages, changeSets), { numRuns: count, seed })
    .map(([signed, changes]) => {
      const genuine = receive(signed);
      const forged = changes.map((change) => applyChange(genuine, signed.held, change));
      return { signed, genuine, forged };
    });
}
