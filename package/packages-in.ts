import type { Metafile } from 'esbuild';

const MODULES = 'node_modules/';

/** The paths of the npm packages that contribute bytes to the outputs of a bundle, such as `node_modules/zod`. */
export function packagesIn({ outputs }: Metafile): ReadonlySet<string> {
  const files = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([file, { bytesInOutput }]) => bytesInOutput > 0 && file.includes(MODULES))
      .map(([file]) => file),
  );
  return new Set(files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? file));
}
