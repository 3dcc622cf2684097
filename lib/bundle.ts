import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { buildSync, type BuildOptions } from 'esbuild';
import { buildDashboard } from './dashboard.ts';

/** Found from here, not from the working directory: the construct may be in another app. */
const PROJECT_ROOT = fileURLToPath(new URL('..', import.meta.url));

/** How every function is built; the SDK goes in: it starts faster than the runtime's, and is the version tested. */
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

let cachedHandlers: ReadonlyMap<string, Uint8Array> | undefined;

/** Every handler by its name, in one run of esbuild: what they share is read once. */
function buildHandlers(): ReadonlyMap<string, Uint8Array> {
  if (cachedHandlers) return cachedHandlers;
  const handlers = readdirSync(`${PROJECT_ROOT}lambdas/handlers`).map((file) => basename(file, '.ts'));
  const { outputFiles } = buildSync({
    ...BUNDLE_OPTIONS,
    entryPoints: handlers.map((handler) => `lambdas/handlers/${handler}.ts`),
    outdir: 'out',
    write: false,
  });
  cachedHandlers = new Map(outputFiles.map(({ path, contents }) => [basename(path, '.js'), contents]));
  return cachedHandlers;
}

/** The documentation and the dashboard. */
function writeSite(folder: string): void {
  cpSync(`${PROJECT_ROOT}docs/site`, folder, { recursive: true });
  mkdirSync(`${folder}/dashboard/assets`, { recursive: true });
  for (const { path, contents } of buildDashboard().files)
    writeFileSync(`${folder}/dashboard/${path}`, contents);
}

/**
 * The code of lambdas/handlers/`handler`.ts, in one file. esbuild is called in this process, with one object of options
 * that the benchmarks use too: NodejsFunction starts a package runner for each function, most of the time of a synth.
 */
export function bundleHandler(handler: string): lambda.Code {
  return lambda.Code.fromAsset(`${PROJECT_ROOT}lambdas`, {
    // Equal output is an equal asset, whatever else was changed in the sources.
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      local: {
        tryBundle(outputDirectory) {
          const code = buildHandlers().get(handler);
          if (!code) throw new Error(`There is no handler ${handler}`);
          writeFileSync(`${outputDirectory}/index.mjs`, code);
          // The api serves them; read only when somebody asks, they cost no start.
          if (handler === 'api') writeSite(`${outputDirectory}/site`);
          return true;
        },
      },
      // Asked for, and never started; the command tells the CDK's cache one handler from another.
      image: DockerImage.fromRegistry('none'),
      command: [handler],
    },
  });
}
