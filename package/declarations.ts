/** The type declarations of the npm package. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import type { FolderContents } from '../build/folder.ts';
import { PROJECT_ROOT } from '../build/project-root.ts';

const ENTRIES = ['lib/index', 'webhook/index'] as const;
const RELATIVE_IMPORT = /((?:\bfrom|\bimport)\s*\(?\s*['"])(\.{1,2}\/[^'"]+)\.ts(['"])/g;

/** Runs the TypeScript compiler, and returns a function that reads the declaration of a source file. */
function emitDeclarations(folder: string): (source: string) => string {
  const project = join(PROJECT_ROOT, 'package/tsconfig.json');
  execFileSync(join(PROJECT_ROOT, 'node_modules/.bin/tsc'), ['--project', project, '--outDir', folder]);
  return (source) => readFileSync(join(folder, `${source}.d.ts`), 'utf8');
}

/** The declaration of `entry` and all declarations that it imports, by source file without extension. */
function reachable(entry: string, read: (source: string) => string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = (source: string): void => {
    if (found.has(source)) return;
    const text = read(source);
    found.set(source, text);
    for (const [, , specifier = ''] of text.matchAll(RELATIVE_IMPORT))
      visit(posix.normalize(posix.join(dirname(source), specifier)));
  };
  visit(entry);
  return found;
}

/**
 * Returns the declarations that a user's compiler reads, relative to dist/. Each exists for CommonJS (`.d.cts`), and those of the webhook
 * module also for ES modules (`.d.mts`). The compiler writes imports of `./x.ts`, which it could not resolve there.
 */
export function buildDeclarations(): FolderContents {
  const folder = mkdtempSync(join(tmpdir(), 'ivymail-types-'));
  try {
    const read = emitDeclarations(folder);
    const files = new Map<string, Uint8Array>();
    for (const entry of ENTRIES)
      for (const [source, text] of reachable(entry, read))
        for (const kind of entry.startsWith('webhook') ? ['c', 'm'] : ['c'])
          files.set(
            `types/${source}.d.${kind}ts`,
            Buffer.from(text.replaceAll(RELATIVE_IMPORT, `$1$2.${kind}js$3`)),
          );
    return files;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
