import { describe, expect, it } from 'vitest';
import { InternalError } from '../../lambdas/core/errors.ts';
import { createSecretOpener, liveSecrets, sealSecret } from '../../lambdas/delivery/secrets.ts';
import { anEndpoint } from '../../sim/builders/events.ts';
import { simulatedKms } from '../../sim/kms.ts';

const ENDPOINT = anEndpoint();
const BINDING = { workspaceId: ENDPOINT.workspace_id, endpointId: ENDPOINT.id, version: 1 };
const SECRET = Buffer.alloc(24, 7);

async function setUp() {
  const kms = simulatedKms();
  const sealed = await sealSecret(kms.client, { keyArn: 'key', ...BINDING }, SECRET);
  let nowMs = 0;
  const opener = createSecretOpener({ kms: kms.client, now: () => nowMs });
  return { kms, sealed, opener, later: (ms: number) => (nowMs += ms) };
}

describe('open', () => {
  it.each([
    ['another workspace', { workspace_id: 'ws_other' }, 1],
    ['another endpoint', { id: 'ep_other' }, 1],
    ['another version', {}, 2],
  ])('rejects a secret of %s with an InternalError', async (_label, changes, version) => {
    const { opener, sealed } = await setUp();
    await expect(opener.open({ ...ENDPOINT, ...changes }, { version, sealed })).rejects.toBeInstanceOf(
      InternalError,
    );
  });

  it('opens a secret with its workspace, endpoint and version', async () => {
    const { opener, sealed } = await setUp();
    expect(Buffer.from(await opener.open(ENDPOINT, { version: 1, sealed }))).toEqual(SECRET);
  });

  it('calls KMS once in five minutes, also for concurrent calls', async () => {
    const { kms, opener, sealed, later } = await setUp();
    const open = () => opener.open(ENDPOINT, { version: 1, sealed });
    await Promise.all([open(), open(), open()]);
    later(5 * 60 * 1000 - 1);
    await open();
    expect(kms.calls()).toEqual(['EncryptCommand', 'DecryptCommand']);
    later(1);
    await open();
    expect(kms.calls()).toHaveLength(3);
  });

  it('calls KMS again after an error', async () => {
    const { kms, opener, sealed } = await setUp();
    kms.failNext(new Error('throttled'));
    await expect(opener.open(ENDPOINT, { version: 1, sealed })).rejects.toBeInstanceOf(InternalError);
    expect(Buffer.from(await opener.open(ENDPOINT, { version: 1, sealed }))).toEqual(SECRET);
  });

  it('does not return a cached secret after it was replaced under the same version', async () => {
    const { kms, opener, sealed } = await setUp();
    const other = Buffer.alloc(24, 9);
    const resealed = await sealSecret(kms.client, { keyArn: 'key', ...BINDING }, other);
    await opener.open(ENDPOINT, { version: 1, sealed });
    expect(Buffer.from(await opener.open(ENDPOINT, { version: 1, sealed: resealed }))).toEqual(other);
  });
});

describe('liveSecrets', () => {
  it('returns every secret that has not expired, newest first', () => {
    const sealed = new Uint8Array();
    const endpoint = anEndpoint({
      secrets: [
        { version: 1, sealed, expires_at: '2026-02-25T11:59:59Z' },
        { version: 2, sealed, expires_at: '2026-02-25T12:00:01Z' },
        { version: 3, sealed },
      ],
    });
    const versions = liveSecrets(endpoint, Date.parse('2026-02-25T12:00:00Z')).map(
      (secret) => secret.version,
    );
    expect(versions).toEqual([3, 2]);
  });
});
