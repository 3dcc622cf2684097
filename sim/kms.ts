/** A KMS key: encrypts bytes, and decrypts them in the same encryption context only. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { KMSClient } from '@aws-sdk/client-kms';
import { namedError } from './aws-error.ts';

interface Input {
  readonly Plaintext?: Uint8Array;
  readonly CiphertextBlob?: Uint8Array;
  readonly EncryptionContext?: Readonly<Record<string, string>>;
}

export interface SimulatedKms {
  readonly client: KMSClient;
  /** The names of the commands so far, in order. */
  calls(): readonly string[];
  failNext(error: Error): void;
  /** The next response has no field. The SDK's type allows that. */
  returnNothingNext(): void;
}

const CIPHER = 'aes-256-gcm';
/** A constant, so that the same calls give the same ciphertexts in every run. */
const KEY = Buffer.alloc(32, 1);
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function simulatedKms(): SimulatedKms {
  const calls: string[] = [];
  let nextError: Error | undefined;
  let isNextEmpty = false;

  /** The number of the call is the nonce, because KMS never encrypts to the same bytes twice. */
  function encrypt(plain: Uint8Array, context: Buffer): Buffer {
    const nonce = Buffer.alloc(NONCE_BYTES);
    nonce.writeUInt32BE(calls.length);
    const cipher = createCipheriv(CIPHER, KEY, nonce).setAAD(context);
    const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
  }

  function decrypt(blob: Buffer, context: Buffer): Buffer {
    try {
      const decipher = createDecipheriv(CIPHER, KEY, blob.subarray(0, NONCE_BYTES))
        .setAAD(context)
        .setAuthTag(blob.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(blob.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    } catch {
      throw namedError('InvalidCiphertextException', 'The ciphertext is not for this context');
    }
  }

  const client = {
    async send(command: { readonly constructor: { readonly name: string }; readonly input: Input }) {
      const { Plaintext: plain, CiphertextBlob: blob, EncryptionContext: context = {} } = command.input;
      calls.push(command.constructor.name);
      const error = nextError;
      nextError = undefined;
      if (error) throw error;
      if (isNextEmpty) {
        isNextEmpty = false;
        return {};
      }
      const contextBytes = Buffer.from(JSON.stringify(context));
      return plain
        ? { CiphertextBlob: encrypt(plain, contextBytes) }
        : { Plaintext: decrypt(Buffer.from(blob ?? []), contextBytes) };
    },
  } as unknown as KMSClient;
  return {
    client,
    calls: () => calls,
    failNext: (error) => (nextError = error),
    returnNothingNext: () => (isNextEmpty = true),
  };
}
