import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { buildSync, type BuildOptions, type Metafile } from 'esbuild';
import { buildSite } from '../site/build-site.ts';
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

export interface BuiltFunctions {
  /** The files of dist/functions/: one folder of deployable code per handler. */
  readonly files: FolderContents;
  /** What esbuild read and wrote, for each of its runs. */
  readonly metafiles: readonly Metafile[];
}

/** Bundles every handler into one file. One run of esbuild reads shared source files only once. */
function bundle(): BuiltFunctions {
  const { outputFiles, metafile } = buildSync({
    ...BUNDLE_OPTIONS,
    entryPoints: HANDLERS.map((handler) => `lambdas/handlers/${handler}.ts`),
    outdir: 'out',
    write: false,
    metafile: true,
  });
  const handlers = outputFiles.map(
    ({ path, contents }) => [`${basename(path, '.js')}/index.mjs`, contents] as const,
  );
  // The api function reads the documentation and the dashboard on request, so they do not slow down its cold start.
  const dashboard = buildDashboard();
  const pages = dashboard.files.map(
    ({ path, contents }) => [`api/site/dashboard/${path}`, contents] as const,
  );
  const docs = buildSite().map(({ path, contents }) => [`api/site/docs/${path}`, contents] as const);
  const documents = [...readFolder(`${PROJECT_ROOT}docs/site`)].map(
    ([path, contents]) => [`api/site/${path}`, contents] as const,
  );
  return {
    files: new Map([...handlers, ...pages, ...docs, ...documents]),
    metafiles: [metafile, dashboard.metafile],
  };
}

let bundled: BuiltFunctions | undefined;
let isWritten = false;

/** The built functions. A process bundles them once. */
export function bundleFunctions(): BuiltFunctions {
  return (bundled ??= bundle());
}

/**
 * Writes dist/functions/, which `functionCode` of lib/ deploys. Files that did not change are not written, so several processes can build
 * at the same time.
 */
export function buildFunctions(): void {
  if (isWritten) return;
  writeFolder(`${PROJECT_ROOT}dist/functions`, bundleFunctions().files);
  isWritten = true;
}
