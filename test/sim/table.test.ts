import { describe } from 'vitest';
import { testTable } from '../conformance/table.ts';
import { simulatedTable } from '../../sim/table.ts';

describe('the model of the table', () => {
  testTable(() => ({ table: simulatedTable(), prefix: '' }), { rejectsEmpty: true });
});
