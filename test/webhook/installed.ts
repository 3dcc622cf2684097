import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';
import { PACKAGE_BUNDLES } from '../../package/bundles.ts';

/** Installs `ivymail-events` with only its webhook module into a node_modules folder, as the npm package contains it. */
export function installWebhookModule(nodeModules: string): void {
  const folder = join(nodeModules, 'ivymail-events');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'dist'), { recursive: true });
  copyFileSync('package.json', join(folder, 'package.json'));
  for (const options of [PACKAGE_BUNDLES.webhook, PACKAGE_BUNDLES['webhook (CommonJS)']])
    for (const { path, contents } of buildSync({ ...options, write: false }).outputFiles)
      writeFileSync(join(folder, 'dist', path.slice(dirname(path).length + 1)), contents);
}
