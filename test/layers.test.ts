import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * Every folder with code, and the folders that it may import. A folder may always import itself. The order is that of the
 * flow: a layer imports only layers that are listed before it, so the list is also the order in which to read the code.
 */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'lambdas/core': [],
  'lambdas/store': ['lambdas/core'],
  'lambdas/ingest': ['lambdas/store', 'lambdas/core'],
  'lambdas/tally': ['lambdas/store', 'lambdas/core'],
  'lambdas/delivery': ['lambdas/store', 'lambdas/core'],
  'lambdas/api': ['lambdas/delivery', 'lambdas/store', 'lambdas/core'],
  'lambdas/handlers': [
    'lambdas/api',
    'lambdas/delivery',
    'lambdas/tally',
    'lambdas/ingest',
    'lambdas/store',
    'lambdas/core',
  ],
  // Constructs name what the functions need to know: environment variables, key attributes, public routes.
  lib: ['lambdas/api', 'lambdas/store', 'lambdas/core'],
  // The browser code shares types with the API and pure functions with the core. It shows the verifiers of the docs.
  dashboard: ['docs', 'lambdas/api', 'lambdas/core'],
  // The documentation site. It reads docs/ and the OpenAPI document as files.
  site: [],
  // Compiles the functions and the dashboard, whose entry files it names but does not import. Synthesizes the templates.
  build: ['site', 'lib'],
  cli: [],
  // Runs in the servers of users, so it imports nothing of this project.
  webhook: [],
  admin: ['build', 'cli', 'lambdas/delivery', 'lambdas/store', 'lambdas/core'],
  sim: ['lib', 'lambdas/delivery', 'lambdas/tally', 'lambdas/ingest', 'lambdas/store', 'lambdas/core'],
  local: ['sim', 'admin', 'cli', 'build', 'site', 'lib', 'lambdas/api', 'lambdas/store', 'lambdas/core'],
  bin: ['local', 'admin', 'cli', 'build', 'lib'],
  bench: [
    'local',
    'sim',
    'build',
    'lambdas/handlers',
    'lambdas/delivery',
    'lambdas/ingest',
    'lambdas/store',
    'lambdas/core',
  ],
  // Makes the npm package from everything above.
  package: ['build'],
  pages: [
    'package',
    'local',
    'sim',
    'bin',
    'admin',
    'cli',
    'build',
    'lib',
    'lambdas/handlers',
    'lambdas/api',
    'lambdas/store',
    'lambdas/core',
  ],
};

/** Code of the root folder and of `test/` may import everything. Nothing may import them, except vitest's configuration. */
const UNLAYERED = ['test', 'node_modules', 'cdk.out', 'dist', 'docs'];

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:tsx?|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

function layerOf(file: string): string {
  const [top = '', second = ''] = file.split('/');
  return top === 'lambdas' ? `lambdas/${second}` : top;
}

/** The files of this project that a file imports: statically, dynamically, or as a type. */
function importsOf(file: string): readonly string[] {
  const source = readFileSync(file, 'utf8');
  const specifiers = source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.{1,2}\/[^']+)'/g);
  return [...specifiers].map(([, specifier = '']) => normalize(join(dirname(file), specifier)));
}

describe('the layers', () => {
  const layers = Object.keys(LAYERS);

  it('are all folders that contain code', () => {
    const folders = readdirSync('.', { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .filter((name) => !UNLAYERED.includes(name) && filesBelow(name).length > 0)
      .flatMap((name) =>
        name === 'lambdas' ? readdirSync('lambdas').map((inner) => `lambdas/${inner}`) : [name],
      );
    expect(folders.toSorted()).toEqual(layers.toSorted());
  });

  it('are listed before the layers that may import them', () => {
    for (const [index, [, allowed]] of Object.entries(LAYERS).entries()) {
      const later = allowed.filter((layer) => layer !== 'docs' && !layers.slice(0, index).includes(layer));
      expect(later).toEqual([]);
    }
  });

  it.each(layers)('contain no import from %s to a layer above it', (layer) => {
    const allowed = [layer, ...(LAYERS[layer] ?? [])];
    const files = filesBelow(layer);
    expect(files.length).toBeGreaterThan(0);
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.includes('/') && !allowed.includes(layerOf(target)))
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('import only files that exist', () => {
    const targets = layers.flatMap((layer) => filesBelow(layer).flatMap(importsOf));
    expect(targets.length).toBeGreaterThan(500);
    expect(targets.filter((target) => !existsSync(target))).toEqual([]);
  });

  it('use each permission to import another layer', () => {
    const unused = Object.entries(LAYERS).flatMap(([layer, allowed]) => {
      const used = new Set(filesBelow(layer).flatMap(importsOf).map(layerOf));
      return allowed.filter((each) => !used.has(each)).map((each) => `${layer} does not import ${each}`);
    });
    expect(unused).toEqual([]);
  });
});
