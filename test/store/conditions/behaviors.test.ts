import { describe, it } from 'vitest';
import { simulatedTable } from '../../../sim/table.ts';
import { BEHAVIORS } from './behaviors/index.ts';

describe('a conditional write', () => {
  // oxlint-disable-next-line vitest/expect-expect -- each behavior has its own assertions
  it.each(BEHAVIORS)('$name', ({ run }) => run(simulatedTable()));
});
