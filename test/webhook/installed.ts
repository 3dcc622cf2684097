import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildWebhookModule } from '../../package/bundles.ts';

/** Installs `ivymail-events` with only its webhook module into a node_modules folder, as the npm package contains it. */
export function installWebhookModule(nodeModules: string): void {
  const folder = join(nodeModules, 'ivymail-events');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'dist'), { recursive: true });
  copyFileSync('package.json', join(folder, 'package.json'));
  for (const [name, contents] of buildWebhookModule()) writeFileSync(join(folder, 'dist', name), contents);
}
