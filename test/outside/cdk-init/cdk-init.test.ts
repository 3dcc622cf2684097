/** The packed package in the apps that `cdk init` makes, as README.md says to add it, and in plain Node and TypeScript. */
import { execFile } from 'node:child_process';
import {
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installPackages, installTarball } from '../installed.ts';

const run = promisify(execFile);

/** The construct as README.md adds it to a stack. */
const README_LINES = /```ts\n([^]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

interface Output {
  readonly exitCode: number;
  readonly text: string;
}

let installed: string;
/** The apps are outside this project, so they find no file of it. */
let apps: string;

function environment(): Record<string, string> {
  const bin = join(installed, 'node_modules/.bin');
  return {
    HOME: apps,
    PATH: [bin, dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    NO_COLOR: '1',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** Runs a program in a folder with the installed packages, without the packages of this project. */
async function runIn(cwd: string, file: string, ...args: readonly string[]): Promise<Output> {
  const env = environment();
  return run(file, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 }).then(
    ({ stdout, stderr }) => ({ exitCode: 0, text: stdout + stderr }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { exitCode: code, text: stdout + stderr };
    },
  );
}

async function expectSuccess(cwd: string, file: string, ...args: readonly string[]): Promise<string> {
  const { exitCode, text } = await runIn(cwd, file, ...args);
  expect(exitCode, `${file} ${args.join(' ')}: ${text}`).toBe(0);
  return text;
}

/** The errors of the compiler, without those in the declarations of other packages. */
async function compilerErrors(cwd: string, ...args: readonly string[]): Promise<readonly string[]> {
  const { text } = await runIn(cwd, 'tsc', '--noEmit', '--strict', '--skipLibCheck', 'false', ...args);
  return text
    .split('\n')
    .filter((line) => line.includes('error TS') && !/node_modules\/(?!ivymail-events)/.test(line));
}

beforeAll(async () => {
  installed = await installPackages(import.meta.dirname, 'cdk-init');
  const packed = mkdtempSync(join(tmpdir(), 'ivymail-packed-'));
  try {
    await run('npm', ['pack', '--loglevel=error', '--pack-destination', packed]);
    const [name = ''] = readdirSync(packed);
    await installTarball(join(packed, name), installed);
  } finally {
    rmSync(packed, { recursive: true });
  }
  apps = mkdtempSync(join(tmpdir(), 'ivymail-apps-'));
  symlinkSync(join(installed, 'node_modules'), join(apps, 'node_modules'));
});
afterAll(() => rmSync(apps, { recursive: true, force: true }));

describe.each([
  { language: 'typescript', extension: 'ts' },
  { language: 'javascript', extension: 'js' },
])('an app of cdk init --language $language', ({ language, extension }) => {
  let folder: string;
  let stackFile: string;
  let original: string;

  /** Writes the stack with lines in its constructor, and their imports at the top. */
  function writeStack(lines: string): void {
    const [imports = '', statements = ''] = lines.split('\n\n');
    const importLine =
      extension === 'ts'
        ? imports
        : imports.replace(/import (\{.*\}) from ('.*');/, 'const $1 = require($2);');
    const changed = original.replace(/^ *super\(scope, id, props\);$/m, (line) => `${line}\n${statements}`);
    expect(changed).not.toBe(original);
    writeFileSync(stackFile, `${importLine}\n${changed}`);
  }

  beforeAll(async () => {
    folder = join(apps, language, 'my-app');
    mkdirSync(folder, { recursive: true });
    const cdk = resolve('node_modules/aws-cdk/bin/cdk');
    await expectSuccess(
      folder,
      process.execPath,
      cdk,
      'init',
      'app',
      `--language=${language}`,
      '--generate-only',
    );
    symlinkSync(join(installed, 'node_modules'), join(folder, 'node_modules'));
    stackFile = join(folder, `lib/my-app-stack.${extension}`);
    original = readFileSync(stackFile, 'utf8');
    writeStack(README_LINES);
  });

  it('needs only packages that this test pins', () => {
    const { dependencies, devDependencies } = readManifest(import.meta.dirname);
    expect({ ...dependencies, ...devDependencies }).toMatchObject({
      ...readManifest(folder).dependencies,
      ...readManifest(folder).devDependencies,
    });
  });

  it('synthesizes the lines of README.md', async () => {
    await expectSuccess(folder, 'cdk', 'synth', '--quiet', '--no-notices');
    const template = readFileSync(join(folder, 'cdk.out/MyAppStack.template.json'), 'utf8');
    expect(template).toContain('AWS::SES::ConfigurationSetEventDestination');
  });

  it('runs a jest test of the stack', async () => {
    const lines =
      extension === 'ts'
        ? "import * as cdk from 'aws-cdk-lib/core';\nimport { Template } from 'aws-cdk-lib/assertions';\nimport { MyAppStack } from '../lib/my-app-stack';"
        : "const cdk = require('aws-cdk-lib/core');\nconst { Template } = require('aws-cdk-lib/assertions');\nconst { MyAppStack } = require('../lib/my-app-stack');";
    writeFileSync(
      join(folder, `test/my-app.test.${extension}`),
      `${lines}
test('the stack has a configuration set', () => {
  Template.fromStack(new MyAppStack(new cdk.App(), 'Test')).resourceCountIs('AWS::SES::ConfigurationSet', 1);
});
`,
    );
    expect(await expectSuccess(folder, 'jest')).toContain('1 passed');
  });

  it('names a wrong prop at synth', async () => {
    const wrong =
      extension === 'ts'
        ? README_LINES.replace("'Mail')", "'Mail', { retentionDay: 30 } as object)")
        : README_LINES.replace("'Mail')", "'Mail', { retentionDay: 30 })");
    expect(wrong).not.toBe(README_LINES);
    writeStack(wrong);
    const { exitCode, text } = await runIn(folder, 'cdk', 'synth', '--quiet', '--no-notices');
    writeStack(README_LINES);
    expect(exitCode).not.toBe(0);
    expect(text).toMatch(/retentionDay: /);
  });

  it.runIf(extension === 'ts')(
    'compiles in strict mode, and the compiler names a wrong prop and a wrong type',
    async () => {
      expect(await compilerErrors(folder)).toEqual([]);
      for (const [props, name] of [
        ['{ retentionDay: 30 }', 'retentionDay'],
        ['{ retentionDays: "30" }', 'retentionDays'],
      ] as const) {
        writeStack(README_LINES.replace("'Mail')", `'Mail', ${props})`));
        const errors = await compilerErrors(folder);
        expect(errors).toHaveLength(1);
        expect(errors[0]).toContain('lib/my-app-stack.ts');
        const { text } = await runIn(folder, 'tsc', '--noEmit', '--pretty', 'true');
        expect(text).toContain(name);
      }
      writeStack(README_LINES);
    },
  );
});

describe('without cdk init', () => {
  const construct = 'new IvyMailEvents(new Stack(new App(), "S"), "Mail")';

  it.each([
    [
      'require',
      'a.cjs',
      `const { App, Stack } = require('aws-cdk-lib'); const { IvyMailEvents } = require('ivymail-events'); const { verifyWebhook } = require('ivymail-events/webhook');`,
    ],
    [
      'import',
      'a.mjs',
      `import { App, Stack } from 'aws-cdk-lib'; import { IvyMailEvents } from 'ivymail-events'; import { verifyWebhook } from 'ivymail-events/webhook';`,
    ],
  ])('Node loads both entry points with %s', async (_, file, lines) => {
    writeFileSync(join(apps, file), `${lines} console.log(${construct}.node.path, typeof verifyWebhook);`);
    expect((await expectSuccess(apps, 'node', file)).trim()).toBe('S/Mail function');
  });

  it.each([
    ['commonjs', 'bundler'],
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('the compiler finds both entry points with module %s and moduleResolution %s', async (...options) => {
    writeFileSync(
      join(apps, 'a.ts'),
      `import { App, Stack } from 'aws-cdk-lib';
import { IvyMailEvents, type IvyMailEventsProps } from 'ivymail-events';
import { verifyWebhook, type WebhookEvent } from 'ivymail-events/webhook';
const props: IvyMailEventsProps = { retentionDays: 30 };
export const url: string = new IvyMailEvents(new Stack(new App(), 'S'), 'Mail', props).url;
export const read = (body: string): Promise<WebhookEvent> => verifyWebhook('whsec_', {}, body);
`,
    );
    const [module, resolution] = options;
    expect(
      await compilerErrors(
        apps,
        '--module',
        module,
        '--moduleResolution',
        resolution,
        '--target',
        'es2022',
        '--types',
        'node',
        'a.ts',
      ),
    ).toEqual([]);
  });
});
