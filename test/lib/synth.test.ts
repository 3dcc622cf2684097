import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const run = promisify(execFile);
mkdirSync('.local', { recursive: true });
// On the disk of the project, so that files can be linked.
const scratch = mkdtempSync(resolve('.local/synth-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** What a synth reads. */
const SOURCES = ['bin', 'lib', 'lambdas', 'dashboard', 'docs', 'cdk.json', 'package.json', 'tsconfig.json'];

/** Real files, since esbuild names what it finds behind a symbolic link by where it really is. */
function linkFiles(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) linkFiles(join(from, entry.name), join(to, entry.name));
    else if (entry.isFile()) linkSync(join(from, entry.name), join(to, entry.name));
  }
}

/** The project in another folder, as another machine has it. */
function copied(): string {
  const folder = join(scratch, 'another place', 'projekt');
  mkdirSync(folder, { recursive: true });
  for (const source of SOURCES) cpSync(source, join(folder, source), { recursive: true });
  linkFiles('node_modules', join(folder, 'node_modules'));
  return folder;
}

/** Every file of a synth by its hash: template, manifests, and the bundles that are uploaded. */
async function synth(
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const out = mkdtempSync(join(scratch, 'out-'));
  await run(resolve('node_modules/.bin/cdk'), ['synth', '--quiet', '--no-notices', '--output', out], {
    cwd: folder,
    env: { ...process.env, ...env },
  });
  const files = readdirSync(out, { recursive: true, withFileTypes: true })
    // How long a slow synth took; nothing of it is deployed.
    .filter((entry) => entry.isFile() && entry.name !== 'performance-counters.json');
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      const content = readFileSync(path);
      // Says where in the sources a resource is made; it stays on the machine.
      const local = name.endsWith('.metadata.json') && content.toString().replaceAll(folder, '');
      return [
        path.slice(out.length),
        createHash('sha256')
          .update(local || content)
          .digest('hex'),
      ];
    }),
  );
}

it('two synths are byte-equal, wherever on earth and in whichever folder', async () => {
  const [here, there] = await Promise.all([
    synth(process.cwd(), { TZ: 'UTC', LANG: 'C.UTF-8' }),
    synth(copied(), { TZ: 'Pacific/Auckland', LANG: 'de_DE.UTF-8', HOME: scratch }),
  ]);
  expect(Object.keys(here).filter((path) => path.endsWith('index.mjs'))).toHaveLength(7);
  expect(Object.keys(here)).toContain('/IvyMailEvents.template.json');
  expect(there).toEqual(here);
});
