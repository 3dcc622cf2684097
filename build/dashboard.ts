import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildSync, type BuildOptions, type Metafile } from 'esbuild';
import { PROJECT_ROOT } from './project-root.ts';

/** Limit for the scripts and styles that a browser loads before it shows the first view, gzipped. */
export const MAX_FIRST_VIEW_BYTES = 60 * 1024;

/** The views that a user can see first after signing in. The other views are loaded when they are opened. */
const FIRST_VIEWS = ['dashboard/pages/overview.tsx', 'dashboard/pages/logs.tsx'];

export interface DashboardFile {
  /** Relative to `/dashboard/`. */
  readonly path: string;
  readonly contents: Uint8Array;
  readonly gzipBytes: number;
  /** Whether one of the first views loads this file. */
  readonly inFirstView: boolean;
}

export interface Dashboard {
  readonly files: readonly DashboardFile[];
  /** The size of the largest first view, gzipped. */
  readonly firstViewBytes: number;
  /** What esbuild read and wrote. */
  readonly metafile: Metafile;
}

/** The esbuild options of the dashboard. */
export const DASHBOARD_BUILD_OPTIONS = {
  absWorkingDir: PROJECT_ROOT,
  entryPoints: {
    main: 'dashboard/main.tsx',
    styles: 'dashboard/styles/index.css',
    icon: 'dashboard/icon.svg',
  },
  outdir: 'out',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  loader: { '.svg': 'copy' },
  jsx: 'automatic',
  jsxImportSource: 'preact',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: ['chrome123', 'firefox121', 'safari17.5'],
  metafile: true,
  write: false,
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** Returns the output `name` and everything it imports statically. Dynamic imports are loaded later. */
function staticImports(outputs: Metafile['outputs'], name: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    const output = outputs[path];
    if (!output || found.has(path)) return;
    found.add(path);
    for (const { path: imported, kind } of output.imports) if (kind !== 'dynamic-import') visit(imported);
  };
  visit(name);
  return found;
}

/**
 * Builds the files of dashboard/ that the api function serves. Each asset has the hash of its content in its name, and
 * index.html loads the assets. Throws an Error if a first view is larger than `MAX_FIRST_VIEW_BYTES`.
 */
export function buildDashboard(): Dashboard {
  const { outputFiles, metafile } = buildSync(DASHBOARD_BUILD_OPTIONS);
  const { outputs } = metafile;
  const entryOf = (source: string): string => {
    const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === source);
    if (!found) throw new Error(`The dashboard build has no output for ${source}`);
    return found[0];
  };
  const styles = entryOf('dashboard/styles/index.css');
  const everyView = new Set([styles, ...staticImports(outputs, entryOf('dashboard/main.tsx'))]);
  const firstViews = FIRST_VIEWS.map(
    (view) => new Set([...everyView, ...staticImports(outputs, entryOf(view))]),
  );
  const first = new Set(firstViews.flatMap((view) => [...view]));

  const files = outputFiles.map(({ path, contents }): DashboardFile => {
    const name = basename(path);
    const gzipBytes = gzipSync(contents).byteLength;
    return { path: `assets/${name}`, contents, gzipBytes, inFirstView: first.has(`out/${name}`) };
  });
  const bytesOf = (view: ReadonlySet<string>): number =>
    files.reduce(
      (sum, { path, gzipBytes }) => sum + (view.has(path.replace('assets', 'out')) ? gzipBytes : 0),
      0,
    );
  const firstViewBytes = Math.max(...firstViews.map(bytesOf));
  if (firstViewBytes > MAX_FIRST_VIEW_BYTES)
    throw new Error(
      `The first view of the dashboard is ${firstViewBytes} bytes. The limit is ${MAX_FIRST_VIEW_BYTES} bytes`,
    );

  const pathMatching = (pattern: RegExp): string => files.find(({ path }) => pattern.test(path))?.path ?? '';
  const page = readFileSync(`${PROJECT_ROOT}dashboard/index.html`, 'utf8')
    .replace('main.tsx', `assets/${basename(entryOf('dashboard/main.tsx'))}`)
    .replace('styles.css', `assets/${basename(styles)}`)
    .replace('icon.svg', pathMatching(/icon-\w+\.svg$/));
  const contents = Buffer.from(page);
  const gzipBytes = gzipSync(contents).byteLength;
  return {
    files: [{ path: 'index.html', contents, gzipBytes, inFirstView: true }, ...files],
    firstViewBytes,
    metafile,
  };
}
