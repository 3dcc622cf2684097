import { defineConfig } from 'vitest/config';
import { awaitPoints } from './test/proof/crash/await-points.ts';

/**
 * Ends a test that hangs. The whole suite takes less time than this, so a machine that is several times slower fails no test because of it.
 */
const HANG_TIMEOUT = { testTimeout: 1_800_000, hookTimeout: 1_800_000 };

// oxlint-disable-next-line import/no-default-export -- vitest requires it
export default defineConfig({
  test: {
    // Stopping the local stack takes seconds. Without this, a slow machine would leave it running.
    teardownTimeout: 300_000,
    // By default, vitest leaves one core free. On a machine with two cores, it would run one file at a time.
    maxWorkers: '100%',
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
            'test/upgrade/**',
          ],
          ...HANG_TIMEOUT,
        },
      },
      {
        test: {
          name: 'template',
          include: ['test/lib/**/*.test.ts'],
          ...HANG_TIMEOUT,
          // Loads the CDK once for all files, because that takes seconds, and no test changes the loaded modules.
          isolate: false,
        },
      },
      {
        test: {
          name: 'proof',
          include: ['test/proof/**/*.test.ts'],
          exclude: ['test/proof/crash/**'],
          // Each proof makes many tries. `npm run soak` takes hours.
          ...HANG_TIMEOUT,
          ...(process.env['SOAK'] !== undefined && { testTimeout: 12 * 3_600_000 }),
          // Some proofs compare memory and times, so no other test file may run in parallel.
          fileParallelism: false,
        },
      },
      {
        plugins: [awaitPoints()],
        test: { name: 'crash', include: ['test/proof/crash/**/*.test.ts'], ...HANG_TIMEOUT },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/setup.ts'],
          ...HANG_TIMEOUT,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/integration/stack.ts'],
          ...HANG_TIMEOUT,
          // All files share one local stack, which runs on two cores.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'upgrade',
          include: ['test/upgrade/**/*.test.ts'],
          ...HANG_TIMEOUT,
        },
      },
      // `npm run test:outside`: the tests that need another toolchain or a separate installation.
      {
        test: {
          name: 'outside',
          include: ['test/outside/**/*.test.ts'],
          exclude: ['test/outside/stack/**'],
          globalSetup: ['test/outside/setup.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // Each file compiles or installs something, so two at once would not be faster.
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
      {
        test: {
          name: 'firefox',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/setup.ts'],
          ...HANG_TIMEOUT,
          fileParallelism: false,
        },
      },
    ],
  },
});
