/** The bundles of the npm package, except the Lambda functions and the dashboard, which build/ makes. */
import { buildSync, type BuildOptions, type Metafile } from 'esbuild';
import { PROJECT_ROOT } from '../build/project-root.ts';
import type { FolderContents } from '../build/folder.ts';
import { commonJsOf } from './common-js.ts';

/** The packages that a CDK app has anyway. Two copies of the CDK in one app do not work together, so they are never bundled. */
const CDK = ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'];

const COMMON = {
  absWorkingDir: PROJECT_ROOT,
  bundle: true,
  // The order of fields by which esbuild prefers ES modules, which it can shake.
  mainFields: ['module', 'main'],
  write: false,
  metafile: true,
  // The licenses of bundled packages are in one file (package/notices.ts).
  legalComments: 'none',
  logLevel: 'warning',
  outdir: 'dist',
} as const satisfies BuildOptions;

/** The oldest Node version on which the construct and the command run. */
const NODE = 'node20';

/**
 * The construct is a CommonJS module like aws-cdk-lib. A CommonJS app, an ES module and a test runner without support for ES
 * modules can all load it. The names stay readable, because they are in stack traces.
 */
const CONSTRUCT = {
  ...COMMON,
  external: CDK,
  platform: 'node',
  target: NODE,
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  minifySyntax: true,
  minifyWhitespace: true,
  // esbuild has no value for this in CommonJS.
  define: { 'import.meta.dirname': '__dirname' },
} as const satisfies BuildOptions;

const WEBHOOK = {
  ...COMMON,
  entryPoints: { webhook: 'webhook/index.ts' },
  outExtension: { '.js': '.mjs' },
  format: 'esm',
  // Runs in Node, in browsers' engines and in workers, so it may use nothing of one platform.
  platform: 'neutral',
  target: 'es2022',
  minify: true,
} as const satisfies BuildOptions;

/** The options of each bundle, by its name in docs/generated/supply-chain.md. */
export const PACKAGE_BUNDLES = {
  construct: { ...CONSTRUCT, entryPoints: { index: 'lib/index.ts' } },
  app: { ...CONSTRUCT, entryPoints: { app: 'bin/packaged-app.ts' } },
  webhook: WEBHOOK,
  command: {
    ...COMMON,
    entryPoints: { 'cli/main': 'bin/cli.ts' },
    platform: 'node',
    target: NODE,
    format: 'esm',
    // `key list` does not load the code of the local run.
    splitting: true,
    chunkNames: 'cli/[name]-[hash]',
    outExtension: { '.js': '.mjs' },
    minify: true,
    // Bundled CommonJS packages call `require` for modules of Node. An ES module has no `require`.
    banner: {
      js: "import { createRequire as ivymailCreateRequire } from 'node:module'; const require = ivymailCreateRequire(import.meta.url);",
    },
  },
} as const satisfies Readonly<Record<string, BuildOptions>>;

export interface PackageBundles {
  /** Paths relative to dist/. */
  readonly files: FolderContents;
  readonly metafiles: readonly Metafile[];
}

/** The webhook module in both module systems. Paths are relative to dist/. */
export function buildWebhookModule(): FolderContents {
  const [output] = buildSync(WEBHOOK).outputFiles;
  const esModule = output?.text ?? '';
  return new Map([
    ['webhook.mjs', Buffer.from(esModule)],
    ['webhook.cjs', Buffer.from(commonJsOf(esModule))],
  ]);
}

export function buildPackageBundles(): PackageBundles {
  const results = Object.values<BuildOptions>(PACKAGE_BUNDLES).map((options) =>
    buildSync({ ...options, write: false, metafile: true }),
  );
  const outputs = results.flatMap(({ outputFiles }) => outputFiles);
  const dist = `${PROJECT_ROOT}dist/`;
  const files = outputs.map(({ path, contents }) => [path.slice(dist.length), contents] as const);
  return {
    files: new Map([...files, ...buildWebhookModule()]),
    metafiles: results.map(({ metafile }) => metafile),
  };
}
