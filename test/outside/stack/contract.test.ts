/** Compares the running API with its OpenAPI document: no 5xx, and no response that the document does not describe. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { ensurePython } from '../../venv.ts';
import { newTenant, stack } from '../../integration/client.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../..');
const scratch = mkdtempSync(join(root, '.local', 'tmp-contract-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The maximum number of examples for each operation, in addition to the edge cases that schemathesis derives from the schemas. */
const MAX_EXAMPLES = 15;

it('schemathesis finds no problem with all checks on', { timeout: 1_800_000 }, async () => {
  const python = await ensurePython('test/contract');
  // A new tenant without data, because a recovery of the other tests' events would keep the emulator busy for minutes.
  const { apiKey } = await newTenant('contract');
  const { stdout, stderr } = await run(
    python,
    [
      ['-m', 'schemathesis.cli'],
      ['--config-file', join(root, 'test/contract/schemathesis.toml')],
      ['run', join(root, 'docs/site/openapi.json')],
      ['--url', `${stack.base_url}/`],
      ['--header', `x-api-key: ${apiKey}`],
      ['--checks', 'all', '--phases', 'examples,coverage,fuzzing', '--max-examples', String(MAX_EXAMPLES)],
      ['--request-timeout', '300'],
      // One worker: two threads that parse Python at once can make CPython 3.11 fail with "AST constructor recursion depth mismatch".
      ['--workers', '1', '--no-color', '--warnings', 'off', '--continue-on-failure', '--no-shrink'],
    ].flat(),
    // schemathesis writes its example database and reports into this folder, which the test removes.
    { cwd: scratch, maxBuffer: 64 * 1024 * 1024 },
  ).catch((error: unknown) => error as { stdout: string; stderr: string });
  expect(`${stdout}${stderr}`).toMatch(/No issues found/);
});
