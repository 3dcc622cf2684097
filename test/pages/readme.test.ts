import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';

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
  // Inside node_modules, so that the example finds its library.
  const folder = mkdtempSync(resolve('node_modules/.ivymail-readme-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => {
    vi.useRealTimers();
  });

  async function readWebhook(vector: Vector, changes: Partial<Vector> = {}): Promise<unknown> {
    const blocks = [...readme.matchAll(/```js\n([^]*?)```/g)].map(([, code = '']) => code);
    expect(blocks).toHaveLength(1);
    const file = join(folder, 'example.mjs');
    writeFileSync(file, blocks[0] ?? '');
    const example = (await import(pathToFileURL(file).href)) as {
      readWebhook: (secret: string, headers: Vector['headers'], rawBody: string) => unknown;
    };
    const { secret, headers, body, now } = { ...vector, ...changes };
    vi.useFakeTimers({ toFake: ['Date'], now: now * 1000 });
    return example.readWebhook(secret, headers, body);
  }

  const genuine = vectors.find(({ name }) => name === 'a webhook with a sent event');
  if (!genuine) throw new Error('vectors.json has no webhook with a sent event');

  it('returns the event of a genuine webhook', async () => {
    expect(await readWebhook(genuine)).toEqual(JSON.parse(genuine.body));
  });

  it.each([
    ['another secret', { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }],
    ['a changed body', { body: `${genuine.body} ` }],
    ['an old timestamp', { now: genuine.now + 301 }],
  ])('throws for %s', async (_, changes) => {
    await expect(readWebhook(genuine, changes)).rejects.toThrow(/signature|timestamp/i);
  });
});
