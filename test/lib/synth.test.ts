import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

/** Every file of a synth by its hash: template, manifests, and the bundles that are uploaded. */
async function synth(env: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> {
  const out = mkdtempSync(join(tmpdir(), 'ivymail-synth-'));
  try {
    await run(resolve('node_modules/.bin/cdk'), ['synth', '--quiet', '--no-notices', '--output', out], {
      env: { ...process.env, ...env },
    });
    const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    return Object.fromEntries(
      files.map(({ parentPath, name }) => {
        const path = join(parentPath, name);
        return [path.slice(out.length), createHash('sha256').update(readFileSync(path)).digest('hex')];
      }),
    );
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

it('two synths are byte-equal, wherever on earth they are made', { timeout: 180_000 }, async () => {
  const here = await synth({ TZ: 'UTC', LANG: 'C.UTF-8' });
  const there = await synth({ TZ: 'Pacific/Auckland', LANG: 'de_DE.UTF-8' });
  expect(Object.keys(here).filter((path) => path.endsWith('index.mjs')).length).toBeGreaterThan(5);
  expect(there).toEqual(here);
});
