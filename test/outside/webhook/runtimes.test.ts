/** Verifies every test vector by `ivymail-events/webhook` in every JavaScript runtime, as an installed package. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectedOf } from '../../webhook/expected.ts';
import { installWebhookModule } from '../../webhook/installed.ts';
import { makeVectors } from '../../verify/vectors.ts';
import { FOLDER, canRun, runRuntime, RUNTIMES } from './runtimes.ts';

const { vectors } = makeVectors();
let folder = '';

beforeAll(() => {
  mkdirSync('.local', { recursive: true });
  folder = mkdtempSync(resolve('.local', 'tmp-webhook-'));
  cpSync(join(FOLDER, 'program'), folder, { recursive: true });
  // Without it, the runtimes would resolve ivymail-events to this project.
  writeFileSync(join(folder, 'package.json'), '{"dependencies": {"ivymail-events": "*"}}');
  writeFileSync(join(folder, 'vectors.mjs'), `export default ${JSON.stringify(vectors)};`);
  installWebhookModule(join(folder, 'node_modules'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.for(RUNTIMES)(
  'the webhook module has the expected result for every vector in $name',
  async (runtime, { skip }) => {
    if (!(await canRun(runtime))) skip(`${runtime.name} has no binary for this machine`);
    const output = await runRuntime(runtime, runtime.program, folder);
    const results = JSON.parse(output) as readonly unknown[];
    expect(results).toHaveLength(vectors.length);
    const named = vectors.map(({ name }, index) => [name, results[index]]);
    expect(named).toEqual(vectors.map((vector) => [vector.name, expectedOf(vector)]));
  },
);
