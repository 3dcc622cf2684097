import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../lambdas/api/routes.ts';
import { secretText, signWebhook } from '../lambdas/delivery/sign.ts';

const readme = readFileSync('README.md', 'utf8');

/** What stands in the first column of a table, between backticks. */
function firstColumn(header: string): string[] {
  const table = readme.slice(readme.indexOf(header)).split('\n\n')[0] ?? '';
  return [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
}

describe('the README', () => {
  it('lists every route of the API, and no other', () => {
    const routes = ROUTES.map((route) => `${route.method} ${route.path}`);
    expect(new Set(firstColumn('| route '))).toEqual(new Set(routes));
  });

  it('verifies a webhook by the lines it shows, and refuses one that was changed', async () => {
    const code = /```js\n([^]*?)```/.exec(readme)?.[1] ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'readme-'));
    try {
      const file = join(folder, 'verify.mjs');
      writeFileSync(file, code);
      const { verify } = (await import(pathToFileURL(file).href)) as {
        verify: (secret: string, headers: Record<string, string>, rawBody: string) => boolean;
      };
      const secret = Buffer.alloc(24, 7);
      const timestampSeconds = Math.floor(Date.now() / 1000);
      const body = '{"event":"bounced","subject":"Grüße"}';
      const signed = (seconds: number, secrets: readonly Uint8Array[]) => ({
        'webhook-id': 'evt_a',
        'webhook-timestamp': String(seconds),
        'x-ivymail-signature': signWebhook({ webhookId: 'evt_a', timestampSeconds: seconds, body, secrets }),
      });

      expect(verify(secretText(secret), signed(timestampSeconds, [secret]), body)).toBe(true);
      expect(verify(secretText(secret), signed(timestampSeconds, [Buffer.alloc(24, 9), secret]), body)).toBe(
        true,
      );
      expect(verify(secretText(secret), signed(timestampSeconds, [Buffer.alloc(24, 9)]), body)).toBe(false);
      expect(verify(secretText(secret), signed(timestampSeconds, [secret]), `${body} `)).toBe(false);
      expect(verify(secretText(secret), signed(timestampSeconds - 600, [secret]), body)).toBe(false);
      expect(verify(secretText(secret), {}, body)).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
