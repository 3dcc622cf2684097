import { describe, it } from 'vitest';
import { simulatedTable } from '../../../sim/table.ts';
import { BEHAVIORS } from './behaviors/index.ts';

describe('a conditional write', () => {
  // oxlint-disable-next-line vitest/expect-expect -- each behavior expects
  it.each(BEHAVIORS)('$name', ({ run }) => run(simulatedTable()));
});
