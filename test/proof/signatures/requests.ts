/** Random signed requests, and every way to change one byte of a request. */
import fc from 'fast-check';
import { secretText, signWebhook } from '../../../lambdas/delivery/sign.ts';

export interface SignedMessage {
  readonly webhookId: string;
  readonly timestampSeconds: number;
  readonly body: string;
  /** The secrets that sign the message. */
  readonly secrets: readonly Uint8Array[];
  /** The index of the secret that the receiver has. */
  readonly heldIndex: number;
}

/** A request as the receiver gets it: headers as text, the body as bytes. */
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
  /** The position of the change, as a share of the length: at least 0 and less than 1. */
  readonly at: number;
  readonly byte: number;
}

const secretBytes = fc.uint8Array({ minLength: 24, maxLength: 64 });
const webhookIds = fc.stringMatching(/^evt_[a-z2-7]{26}$/);
/** Without U+FFFD, because a library decodes invalid bytes to U+FFFD and would accept them in its place. */
const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((each) => !each.includes('\uFFFD'));
const payloads = fc.record({
  event: fc.constantFrom('delivered', 'bounced', 'complained'),
  to: fc.emailAddress(),
  subject: text,
  tags: fc.dictionary(text, text, { maxKeys: 3 }),
});
const bodies = fc.oneof(
  { weight: 9, arbitrary: payloads.map((payload) => JSON.stringify(payload)) },
  // A lone surrogate cannot be encoded as UTF-8. JSON escapes it, so only the other bodies may contain one.
  { weight: 1, arbitrary: text.filter((each) => each.isWellFormed()) },
);

export const signedMessages: fc.Arbitrary<SignedMessage> = fc
  .record({
    webhookId: webhookIds,
    timestampSeconds: fc.integer({ min: 1_000_000_000, max: 9_999_999_000 }),
    body: bodies,
    secrets: fc.uniqueArray(secretBytes, { minLength: 1, maxLength: 3, selector: (each) => each.join() }),
    pick: fc.nat(),
  })
  .map(({ pick, ...rest }) => ({ ...rest, heldIndex: pick % rest.secrets.length }));

const changesOf = (part: Change['part']): fc.Arbitrary<Change> =>
  fc.record({
    part: fc.constant(part),
    kind: fc.constantFrom(...KINDS),
    at: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
    byte: fc.nat(255),
  });

/** One change for each part of the request. */
export const changeSets: fc.Arbitrary<readonly Change[]> = fc.tuple(...PARTS.map(changesOf));

export function receive(signed: SignedMessage): ReceivedRequest {
  const { webhookId, timestampSeconds, body, secrets, heldIndex } = signed;
  return {
    secret: secretText(secrets[heldIndex] ?? new Uint8Array()),
    now: timestampSeconds,
    id: webhookId,
    timestamp: String(timestampSeconds),
    signature: signWebhook({ webhookId, timestampSeconds, body, secrets }),
    body: Buffer.from(body),
  };
}

function changeBytes(bytes: Buffer, { kind, at, byte }: Omit<Change, 'part'>): Buffer {
  // A byte that is inserted at an end may have no effect, such as a space, or a sign before a number.
  const length = kind === 'insert' ? Math.max(1, bytes.length - 1) : bytes.length;
  const index = Math.floor(at * length) + (kind === 'insert' && bytes.length > 1 ? 1 : 0);
  const [before, old, after] = [bytes.subarray(0, index), bytes[index] ?? 0, bytes.subarray(index + 1)];
  if (kind === 'insert' || bytes.length === 0)
    return Buffer.concat([before, Buffer.from([byte]), bytes.subarray(index)]);
  if (kind === 'remove') return Buffer.concat([before, after]);
  const other = kind === 'bit' ? old ^ (1 << (byte % 8)) : old === byte ? byte ^ 1 : byte;
  return Buffer.concat([before, Buffer.from([other]), after]);
}

/** Applies a change. Of several signatures, only the one of the receiver's secret is changed, because the others have no effect. */
export function applyChange(request: ReceivedRequest, heldIndex: number, change: Change): ReceivedRequest {
  if (change.part === 'body') return { ...request, body: changeBytes(request.body, change) };
  // HTTP does not allow these three characters in a header, but it allows a tab.
  const changeText = (original: string): string =>
    changeBytes(Buffer.from(original, 'latin1'), change)
      .toString('latin1')
      .replaceAll(/[\0\r\n]/g, '\t');
  if (change.part !== 'signature') return { ...request, [change.part]: changeText(request[change.part]) };
  const signatures = request.signature.split(' ');
  return {
    ...request,
    signature: signatures.with(heldIndex, changeText(signatures[heldIndex] ?? '')).join(' '),
  };
}

/** Returns one request for each bit, with that bit flipped. */
export function* flipEveryBit(request: ReceivedRequest, heldIndex: number): Generator<ReceivedRequest> {
  const signature = request.signature.split(' ')[heldIndex] ?? '';
  for (const part of PARTS) {
    const { length } = part === 'signature' ? signature : request[part];
    for (let index = 0; index < length; index += 1)
      for (let byte = 0; byte < 8; byte += 1)
        yield applyChange(request, heldIndex, { part, kind: 'bit', at: (index + 0.5) / length, byte });
  }
}

/** Generates requests that our signer signed. Each also has four forged versions, with one change in each part. */
export function generateRequests(count: number, seed: number) {
  return fc
    .sample(fc.tuple(signedMessages, changeSets), { numRuns: count, seed })
    .map(([signed, changes]) => {
      const genuine = receive(signed);
      const forged = changes.map((change) => applyChange(genuine, signed.heldIndex, change));
      return { signed, genuine, forged };
    });
}
