import { describe } from 'vitest';
import { itConforms } from '../conformance/table.ts';
import { memoryTable } from './memory-table.ts';

describe('the table in memory', () => {
  itConforms(() => ({ table: memoryTable(), prefix: '' }), { refusesEmpty: true });
});
