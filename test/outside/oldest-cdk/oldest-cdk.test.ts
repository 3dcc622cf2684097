/** The oldest CDK that package.json accepts: the construct gives the same template, and an older TypeScript accepts its declarations. */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { buildFunctions } from '../../../build/functions.ts';
import { OLDEST } from '../../../lib/supported-versions.ts';
import { PACKAGE_BUNDLES } from '../../../package/bundles.ts';
import { buildDeclarations } from '../../../package/declarations.ts';
import type { Resource } from '../../../pages/template.ts';
import { installPackages } from '../installed.ts';

const run = promisify(execFile);

interface Template {
  readonly Resources: Record<string, Resource & { Metadata?: unknown }>;
}

/** Synthesizes app.cjs in a folder below `parent`, whose node_modules contains the CDK. Returns the template. */
async function synthesizeBelow(parent: string): Promise<Template> {
  const folder = mkdtempSync(join(parent, 'app-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const { outputFiles } = buildSync({ ...PACKAGE_BUNDLES.construct, write: false, metafile: false });
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist/index.cjs'), outputFiles[0]?.contents ?? '');
  symlinkSync(resolve('dist/functions'), join(folder, 'dist/functions'));
  copyFileSync(join(import.meta.dirname, 'app.cjs'), join(folder, 'app.cjs'));
  const { stdout } = await run(process.execPath, ['app.cjs'], {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Template;
}

/** Removes what the newer CDK writes without an effect: hints for its own command, and the default of a field. */
function withoutNoise({ Resources }: Template): unknown {
  const text = JSON.stringify(Resources, (name, value: unknown) =>
    name === 'Metadata' || (name === 'ReturnData' && value === true) ? undefined : value,
  );
  return JSON.parse(text) as unknown;
}

it(`aws-cdk-lib ${OLDEST['aws-cdk-lib']} gives the same resources as the installed version`, async () => {
  const { dependencies } = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  expect(dependencies['aws-cdk-lib']).toBe(OLDEST['aws-cdk-lib']);
  buildFunctions();
  const oldest = await synthesizeBelow(await installPackages(import.meta.dirname, 'oldest-cdk'));
  const installed = await synthesizeBelow(resolve('.local'));
  expect(Object.keys(oldest.Resources).length).toBeGreaterThan(200);
  expect(withoutNoise(oldest)).toEqual(withoutNoise(installed));
});

/** An app in TypeScript that uses both entry points. */
const APP = `import { App, Stack } from 'aws-cdk-lib';
import { IvyMailEvents, type IvyMailEventsProps } from 'ivymail-events';
import { verifyWebhook, type WebhookEvent } from 'ivymail-events/webhook';
const props: IvyMailEventsProps = { PROP: 30 };
export const url: string = new IvyMailEvents(new Stack(new App(), 'S'), 'Mail', props).url;
export const read = (body: string): Promise<WebhookEvent> => verifyWebhook('whsec_', {}, body);
`;

it.each([
  ['commonjs', 'node10'],
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('TypeScript 5 finds the types with module %s and moduleResolution %s', async (module, resolution) => {
  const installed = await installPackages(import.meta.dirname, 'oldest-cdk');
  const folder = mkdtempSync(join(installed, 'types-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const ours = join(folder, 'node_modules/ivymail-events');
  for (const [path, contents] of buildDeclarations()) {
    const file = join(ours, 'dist', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, contents);
  }
  copyFileSync('package.json', join(ours, 'package.json'));
  const tsc = join(installed, 'node_modules/typescript/bin/tsc');
  const options = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022'];
  writeFileSync(join(folder, 'app.ts'), APP.replace('PROP', 'retentionDays'));
  writeFileSync(join(folder, 'wrong.ts'), APP.replace('PROP', 'retentionDay'));
  const args = [...options, '--module', module, '--moduleResolution', resolution, 'app.ts', 'wrong.ts'];
  const errors = await run(process.execPath, [tsc, ...args], { cwd: folder }).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error as { readonly stdout: string }).stdout,
  );
  // One error, in one file only.
  expect(errors).toMatch(/^wrong\.ts\(4,\d+\): error TS\d+: [^\n]*retentionDay[^\n]*\n$/);
});
