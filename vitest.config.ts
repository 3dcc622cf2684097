import { defineConfig } from 'vitest/config';
import { awaitPoints } from './test/proof/crash/await-points.ts';

/**
 * Ends a test that hangs. The whole suite is done in less time, so a machine that is several times slower than ours
 * fails no test by it.
 */
const HANGS = { testTimeout: 1_800_000, hookTimeout: 1_800_000 };

// oxlint-disable-next-line import/no-default-export -- vitest asks for it
export default defineConfig({
  test: {
    // Ending the local stack takes seconds; a slow machine must not leave it running.
    teardownTimeout: 300_000,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/integration/**',
            'test/browser/**',
            'test/lib/**',
            'test/proof/**',
            'test/outside/**',
          ],
          ...HANGS,
        },
      },
      {
        test: {
          name: 'template',
          include: ['test/lib/**/*.test.ts'],
          ...HANGS,
          // Loading the CDK takes seconds, and no test changes what it has loaded: once for all files.
          isolate: false,
        },
      },
      {
        test: {
          name: 'proof',
          include: ['test/proof/**/*.test.ts'],
          exclude: ['test/proof/crash/**'],
          // Many tries each; `npm run soak` makes hours of them.
          ...HANGS,
          ...(process.env['SOAK'] !== undefined && { testTimeout: 12 * 3_600_000 }),
          // Some compare memory and times within a run: nothing else of ours runs beside them.
          fileParallelism: false,
        },
      },
      {
        plugins: [awaitPoints()],
        test: { name: 'crash', include: ['test/proof/crash/**/*.test.ts'], ...HANGS },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/setup.ts'],
          ...HANGS,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/integration/stack.ts'],
          ...HANGS,
          // One stack serves them all, and two cores serve the stack.
          fileParallelism: false,
        },
      },
      // `npm run test:outside`: what needs another toolchain, or an installation of its own.
      {
        test: {
          name: 'outside',
          include: ['test/outside/**/*.test.ts'],
          exclude: ['test/outside/stack/**'],
          globalSetup: ['test/outside/setup.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // Each file compiles or installs something: two at once would not be faster.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'outside-stack',
          include: ['test/outside/stack/**/*.test.ts'],
          globalSetup: ['test/integration/stack.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
