import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { buildSync, type BuildOptions } from 'esbuild';
import { readFolder, writeFolder, type FolderContents } from './folder.ts';
import { buildDashboard } from './dashboard.ts';
import { PROJECT_ROOT } from './project-root.ts';

/**
 * The esbuild options of every Lambda function. The AWS SDK is bundled: it starts faster than the SDK of the runtime, and it
 * is the tested version.
 */
export const BUNDLE_OPTIONS = {
  absWorkingDir: PROJECT_ROOT,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** The names of the handlers: the files of lambdas/handlers/, without `.ts`. */
export const HANDLERS: readonly string[] = readdirSync(`${PROJECT_ROOT}lambdas/handlers`)
  .map((file) => basename(file, '.ts'))
  .toSorted();

/** The documentation and the dashboard. The api function reads these files on request, so they do not slow down its cold start. */
function siteFiles(): FolderContents {
  const dashboard = buildDashboard().files.map(
    ({ path, contents }) => [`site/dashboard/${path}`, contents] as const,
  );
  const docs = readFolder(`${PROJECT_ROOT}docs/site`);
  return new Map([...dashboard, ...[...docs].map(([path, contents]) => [`site/${path}`, contents] as const)]);
}

/** Bundles every handler into one file. One run of esbuild reads shared source files only once. */
function functionFiles(): FolderContents {
  const { outputFiles } = buildSync({
    ...BUNDLE_OPTIONS,
    entryPoints: HANDLERS.map((handler) => `lambdas/handlers/${handler}.ts`),
    outdir: 'out',
    write: false,
  });
  return new Map(outputFiles.map(({ path, contents }) => [`${basename(path, '.js')}/index.mjs`, contents]));
}

let built = false;

/**
 * Builds dist/functions/: one folder of deployable code per handler, which `functionCode` of lib/ deploys. The
 * second call in a process does nothing. Files that did not change are not written, so several processes can build at the same time.
 */
export function buildFunctions(): void {
  if (built) return;
  const site = [...siteFiles()].map(([path, contents]) => [`api/${path}`, contents] as const);
  writeFolder(`${PROJECT_ROOT}dist/functions`, new Map([...functionFiles(), ...site]));
  built = true;
}
