import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { buildSync, type BuildOptions } from 'esbuild';
import { buildDashboard } from './dashboard.ts';

/** Relative to this file, because the construct may run in another app, with another working directory. */
const PROJECT_ROOT = fileURLToPath(new URL('..', import.meta.url));

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

let cachedHandlers: ReadonlyMap<string, Uint8Array> | undefined;

/** Builds the code of every handler, by handler name. One run of esbuild reads shared source files only once. */
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

/** Writes the documentation and the dashboard to `folder`. */
function writeSite(folder: string): void {
  cpSync(`${PROJECT_ROOT}docs/site`, folder, { recursive: true });
  mkdirSync(`${folder}/dashboard/assets`, { recursive: true });
  for (const { path, contents } of buildDashboard().files)
    writeFileSync(`${folder}/dashboard/${path}`, contents);
}

/**
 * Bundles lambdas/handlers/`handler`.ts into one file. esbuild runs in this process, with the options that the
 * benchmarks use too. NodejsFunction would start a package runner for each function, which takes most of the time of a
 * synth.
 */
export function bundleHandler(handler: string): lambda.Code {
  return lambda.Code.fromAsset(`${PROJECT_ROOT}lambdas`, {
    // The hash covers the output only, so a source change that does not change the code does not change the asset.
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      local: {
        tryBundle(outputDirectory) {
          const code = buildHandlers().get(handler);
          if (!code) throw new Error(`There is no handler ${handler}`);
          writeFileSync(`${outputDirectory}/index.mjs`, code);
          // The api function reads these files on request, so they do not slow down its cold start.
          if (handler === 'api') writeSite(`${outputDirectory}/site`);
          return true;
        },
      },
      // The CDK requires an image but never runs it. The command makes the CDK's cache key differ between handlers.
      image: DockerImage.fromRegistry('none'),
      command: [handler],
    },
  });
}
