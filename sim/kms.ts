/** KMS as far as we use it: what was sealed opens again, for the same context only. */
import type { KMSClient } from '@aws-sdk/client-kms';

interface Input {
  readonly Plaintext?: Uint8Array;
  readonly CiphertextBlob?: Uint8Array;
  readonly EncryptionContext?: Readonly<Record<string, string>>;
}

export interface SimulatedKms {
  readonly client: KMSClient;
  /** Names of the commands sent, in order. */
  calls(): readonly string[];
  failNext(error: Error): void;
  /** The next response of KMS lacks its field, which the SDK's type allows. */
  answerNextWithNothing(): void;
}

interface Sealed {
  readonly plain: string;
  readonly context: Readonly<Record<string, string>>;
  /** KMS never seals to the same bytes twice. */
  readonly nonce: number;
}

export function simulatedKms(): SimulatedKms {
  const calls: string[] = [];
  let fault: Error | undefined;
  let empty = false;
  const client = {
    async send(command: { readonly constructor: { readonly name: string }; readonly input: Input }) {
      const { Plaintext: plain, CiphertextBlob: blob, EncryptionContext: context = {} } = command.input;
      calls.push(command.constructor.name);
      const failing = fault;
      fault = undefined;
      if (failing) throw failing;
      if (empty) {
        empty = false;
        return {};
      }
      if (plain) {
        const sealed: Sealed = { plain: Buffer.from(plain).toString('base64'), context, nonce: calls.length };
        return { CiphertextBlob: Buffer.from(JSON.stringify(sealed)) };
      }
      const sealed = JSON.parse(Buffer.from(blob ?? []).toString('utf8')) as Sealed;
      if (JSON.stringify(sealed.context) !== JSON.stringify(context)) {
        throw Object.assign(new Error('The ciphertext is not for this context'), {
          name: 'InvalidCiphertextException',
        });
      }
      return { Plaintext: Buffer.from(sealed.plain, 'base64') };
    },
  } as unknown as KMSClient;
  return {
    client,
    calls: () => calls,
    failNext: (error) => (fault = error),
    answerNextWithNothing: () => (empty = true),
  };
}
