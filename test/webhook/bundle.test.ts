import { buildSync, type BuildOptions } from 'esbuild';
import { expect, it } from 'vitest';
import { PACKAGE_BUNDLES } from '../../package/bundles.ts';

const BUILDS: readonly (readonly [string, BuildOptions])[] = [
  ['an ES module', PACKAGE_BUNDLES.webhook],
  ['CommonJS', PACKAGE_BUNDLES['webhook (CommonJS)']],
];

function bundled(options: BuildOptions) {
  const { outputFiles, metafile } = buildSync({ ...options, write: false, metafile: true });
  return { code: outputFiles[0]?.text ?? '', inputs: Object.keys(metafile.inputs) };
}

it('ivymail-events/webhook has less than 3000 bytes as an ES module', () => {
  expect(bundled(PACKAGE_BUNDLES.webhook).code.length).toBeLessThan(3_000);
});

// esbuild adds 455 bytes to convert the exports.
it('ivymail-events/webhook has less than 3500 bytes as CommonJS', () => {
  expect(bundled(PACKAGE_BUNDLES['webhook (CommonJS)']).code.length).toBeLessThan(3_500);
});

it.each(BUILDS)('ivymail-events/webhook imports no package and no module of Node: %s', (_format, options) => {
  const { code, inputs } = bundled(options);
  expect(inputs.filter((file) => !file.startsWith('webhook/'))).toEqual([]);
  expect(code).not.toMatch(/\brequire\(|\bimport[\s("']|\bBuffer\b|\bprocess\b|node:/);
});
