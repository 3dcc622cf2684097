/** Generates clients from docs/site/openapi.json. The clients must compile without a cast and work with the running API. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { newTenant, stack, type Tenant } from '../../integration/client.ts';
import { ensurePython } from '../../venv.ts';
import { CLIENTS, installedClients, runInstalled } from '../installed.ts';

const run = promisify(execFile);
const DOCUMENT = resolve('docs/site/openapi.json');

/** The output of both example programs, which use every part of the API. */
function expectedOutput(tenant: Tenant) {
  return {
    workspace: tenant.id,
    test: [200, 'clicked: https://example.com/'],
    accepted: ['bounce@simulator.amazonses.com'],
    bounce: ['bounced', 'Permanent', 'spring'],
    statuses: ['bounced', 'sent'],
    lines: 3,
    timeline: [['bounce@simulator.amazonses.com', 'bounced']],
    raw: true,
    delivery: ['delivered', 200],
    payload: expect.stringMatching(/^bounced: Permanent, smtp; 550/),
    missed: [null, true],
    rotated: true,
    paused: ['paused', null],
    changed: true,
    endpoints: 1,
    gone: 'not_found',
    suppression: ['manual', 'ann+news@example.com', 204],
    key: true,
    stats: 'day',
  };
}

function environmentOf(tenant: Tenant, name: string): Record<string, string> {
  return {
    BASE_URL: stack.base_url,
    API_KEY: tenant.apiKey,
    HOOK_URL: `${stack.inbox_url}/hooks/${name}`,
    FROM: stack.from,
  };
}

/** Copies these files of test/outside/clients into a new folder, and removes the folder afterward. */
async function withFolder<T>(
  parent: string,
  files: readonly string[],
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(parent, 'run-'));
  try {
    for (const file of files) copyFileSync(join(CLIENTS, file), join(folder, file));
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('the client of openapi-typescript and openapi-fetch', () => {
  it('compiles in strict mode and uses the API', async () => {
    const tenant = await newTenant('client-typescript');
    const files = ['example.ts', 'environment.d.ts', 'tsconfig.json'];
    const output = await withFolder(await installedClients(), files, async (folder) => {
      await runInstalled('openapi-typescript', [DOCUMENT, '--output', join(folder, 'schema.ts')]);
      await runInstalled('tsc', ['--project', folder]);
      const { stdout } = await run(process.execPath, ['example.ts'], {
        cwd: folder,
        env: { ...process.env, ...environmentOf(tenant, 'client-typescript') },
      });
      return JSON.parse(stdout) as unknown;
    });
    expect(output).toEqual(expectedOutput(tenant));
  });

  it('is used without a type assertion', () => {
    const source = readFileSync(join(CLIENTS, 'example.ts'), 'utf8').replace(/^\/\*\*.*$/m, '');
    expect(source).not.toMatch(/\bas [A-Za-z{]|\bany\b|@ts-|[=(,:?] <[\w.]+>/);
  });
});

describe('the client of openapi-python-client', () => {
  it('is complete, passes mypy in strict mode and uses the API', async () => {
    const tenant = await newTenant('client-python');
    const python = await ensurePython('test/outside/clients');
    const files = ['example.py', 'mypy.ini', 'openapi-python-client.yaml'];
    const output = await withFolder(resolve('.local'), files, async (folder) => {
      const runPython = async (module: string, args: readonly string[], env: Record<string, string> = {}) => {
        const { stdout, stderr } = await run(python, [...(module === '' ? [] : ['-m', module]), ...args], {
          cwd: folder,
          env: { ...process.env, NO_COLOR: '1', ...env },
          maxBuffer: 64 * 1024 * 1024,
        }).catch((error: unknown) => {
          const { stdout: out = '', stderr: err = '' } = error as { stdout?: string; stderr?: string };
          throw new Error(`${module} ${args.join(' ')} failed: ${out}${err}`, { cause: error });
        });
        return `${stdout}${stderr}`;
      };
      const generated = await runPython('openapi_python_client', [
        'generate',
        `--path=${DOCUMENT}`,
        '--output-path=client',
        '--meta=none',
        '--config=openapi-python-client.yaml',
      ]);
      // The generator prints a warning for every part of the document that it skips.
      expect(generated.trim()).toBe('Generating client');
      await runPython('mypy', ['--config-file', 'mypy.ini', 'example.py', 'client']);
      return JSON.parse(
        await runPython('', ['example.py'], environmentOf(tenant, 'client-python')),
      ) as unknown;
    });
    expect(output).toEqual(expectedOutput(tenant));
  });

  it('is used without a cast, and without a line that mypy ignores', () => {
    const source = readFileSync(join(CLIENTS, 'example.py'), 'utf8').replace(/^""".*$/m, '');
    expect(source).not.toMatch(/\bcast\b|type: *ignore|\bAny\b/);
  });
});
