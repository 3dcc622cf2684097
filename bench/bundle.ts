import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

/** The bundling of lib/ivy-function.ts: what is measured is what is deployed. */
const OPTIONS: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  banner: {
    js: "import { createRequire as ivyRequire } from 'node:module'; const require = ivyRequire(import.meta.url);",
  },
};

/** Bundles a file, or a text that stands for one in the project's root, and gives the path of the bundle. */
export async function bundle(
  directory: string,
  name: string,
  source: { readonly file: string } | { readonly text: string },
): Promise<string> {
  mkdirSync(directory, { recursive: true });
  const outfile = join(directory, `${name}.mjs`);
  await build({
    ...OPTIONS,
    outfile,
    ...('file' in source
      ? { entryPoints: [source.file] }
      : { stdin: { contents: source.text, resolveDir: process.cwd(), loader: 'ts' } }),
  });
  return outfile;
}
