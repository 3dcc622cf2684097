import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { BUNDLE_OPTIONS } from '../build/functions.ts';

/** Bundles a file, or a source text, with the options of a deployment. Returns the path of the bundle. */
export async function bundle(
  directory: string,
  name: string,
  source: { readonly file: string } | { readonly text: string },
): Promise<string> {
  mkdirSync(directory, { recursive: true });
  const outfile = join(directory, `${name}.mjs`);
  await build({
    ...BUNDLE_OPTIONS,
    outfile,
    ...('file' in source
      ? { entryPoints: [source.file] }
      : { stdin: { contents: source.text, resolveDir: process.cwd(), loader: 'ts' } }),
  });
  return outfile;
}
