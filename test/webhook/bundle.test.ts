import { buildSync } from 'esbuild';
import { expect, it } from 'vitest';
import { buildWebhookModule, PACKAGE_BUNDLES } from '../../package/bundles.ts';

const MODULES = [...buildWebhookModule()].map(
  ([name, code]) => [name, Buffer.from(code).toString()] as const,
);

it.each(MODULES)('ivymail-events/webhook has less than 3000 bytes: %s', (_name, code) => {
  expect(code.length).toBeLessThan(3_000);
});

it.each(MODULES)('ivymail-events/webhook imports no package and no module of Node: %s', (_name, code) => {
  const { metafile } = buildSync(PACKAGE_BUNDLES.webhook);
  expect(Object.keys(metafile.inputs).filter((file) => !file.startsWith('webhook/'))).toEqual([]);
  expect(code).not.toMatch(/\brequire\(|\bimport[\s("']|\bBuffer\b|\bprocess\b|node:/);
});
