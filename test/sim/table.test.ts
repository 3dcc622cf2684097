import { describe } from 'vitest';
import { itConforms } from '../conformance/table.ts';
import { simulatedTable } from '../../sim/table.ts';

describe('the table in memory', () => {
  itConforms(() => ({ table: simulatedTable(), prefix: '' }), { refusesEmpty: true });
});
