import { defineConfig } from 'vitest/config';
import { TESTS } from './files.ts';

// oxlint-disable-next-line import/no-default-export -- vitest requires it
export default defineConfig({
  test: { include: [...TESTS], setupFiles: ['test/mutation/seed.ts'], testTimeout: 600_000 },
});
