import { describe } from 'vitest';
import { testTable } from '../conformance/table.ts';
import { simulatedTable } from '../../sim/table.ts';

describe('the table in memory', () => {
  testTable(() => ({ table: simulatedTable(), prefix: '' }), { refusesEmpty: true });
});
