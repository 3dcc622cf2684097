import { describe } from 'vitest';
import { itConforms } from '../conformance/table.ts';
import { memoryTable } from '../../sim/table.ts';

describe('the table in memory', () => {
  itConforms(() => ({ table: memoryTable(), prefix: '' }), { refusesEmpty: true });
});
