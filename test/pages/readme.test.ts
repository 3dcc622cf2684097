import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { installWebhookModule } from '../webhook/installed.ts';

const readme = readFileSync('README.md', 'utf8');

interface Vector {
  readonly name: string;
  readonly secret: string;
  readonly now: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
const { vectors } = JSON.parse(readFileSync('docs/verify/vectors.json', 'utf8')) as {
  readonly vectors: readonly Vector[];
};

it('the README has at most 120 lines', () => {
  expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(120);
});

it('the README repeats no route table and no figure of a generated page', () => {
  expect(readme).not.toContain('| route');
  expect(readme.match(/\d{1,3}(?:,\d{3})+/g)).toBeNull();
});

describe('the JavaScript example in the README', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ivymail-readme-'));
  installWebhookModule(join(folder, 'node_modules'));
  const file = join(folder, 'example.mjs');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  async function post(vector: Vector): Promise<Response> {
    const blocks = [...readme.matchAll(/```js\n([^]*?)```/g)].map(([, code = '']) => code);
    expect(blocks).toHaveLength(1);
    writeFileSync(file, blocks[0] ?? '');
    const example = (await import(pathToFileURL(file).href)) as {
      POST: (request: Request) => Promise<Response>;
    };
    const { secret, headers, body, now } = vector;
    vi.useFakeTimers({ toFake: ['Date'], now: now * 1000 });
    vi.stubEnv('IVYMAIL_WEBHOOK_SECRET', secret);
    return example.POST(new Request('https://example.com/', { method: 'POST', headers, body }));
  }

  const genuine = vectors.find(({ name }) => name === 'a webhook with a bounced event');
  if (!genuine) throw new Error('vectors.json has no webhook with a bounced event');

  it('responds with 204 to a genuine webhook, and reads its event', async () => {
    const log = vi.spyOn(console, 'log').mockReturnValue();
    expect((await post(genuine)).status).toBe(204);
    expect(log.mock.calls).toEqual([[expect.stringMatching(/^ann@example\.com bounced: /)]]);
  });

  it.each([
    ['another secret', { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }, 'no_matching_signature'],
    ['a changed body', { body: `${genuine.body} ` }, 'no_matching_signature'],
    ['an old timestamp', { now: genuine.now + 301 }, 'timestamp_too_old'],
  ])('throws for %s', async (_, changes, code) => {
    await expect(post({ ...genuine, ...changes })).rejects.toMatchObject({
      name: 'WebhookVerificationError',
      code,
    });
  });
});
