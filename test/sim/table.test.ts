import { BatchExecuteStatementCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../lambdas/store/table.ts';
import { testTable } from '../conformance/table.ts';
import { simulatedTable } from '../../sim/table.ts';

describe('the model of the table', () => {
  testTable(() => ({ table: simulatedTable(), prefix: '' }), { rejectsEmpty: true, limitsReads: true });
});

describe('PartiQL', () => {
  const table = simulatedTable();
  const execute = (Statement: string, Parameters: unknown[]) =>
    table.client.send(new BatchExecuteStatementCommand({ Statements: [{ Statement, Parameters }] }));

  it.each([
    ['SELECT * FROM "table" WHERE pk = ?', ['p']],
    ["INSERT INTO \"table\" VALUE {'pk': ?, 'sk': 's'}", ['p']],
    ['INSERT INTO "table" VALUE ?', [{ pk: 'p', sk: 's' }]],
  ])('throws for %s, which the model does not support', async (statement, parameters) => {
    await expect(execute(statement, parameters)).rejects.toThrow('does not support');
    expect(table.rows.size).toBe(0);
  });

  it('throws for two statements for one row, because AWS does not document the result', async () => {
    const Statement = "INSERT INTO \"table\" VALUE {'pk': ?, 'sk': ?}";
    const Statements = [1, 2].map(() => ({ Statement, Parameters: ['p', 's'] }));
    await expect(table.client.send(new BatchExecuteStatementCommand({ Statements }))).rejects.toThrow(
      'two statements for one item',
    );
  });
});

it('reports a row that PartiQL inserts to the stream once', async () => {
  const table = simulatedTable();
  const inserted: Row[] = [];
  table.onInsert = (row) => void inserted.push(row);
  const Statement = "INSERT INTO \"table\" VALUE {'pk': ?, 'sk': ?}";
  const insert = new BatchExecuteStatementCommand({ Statements: [{ Statement, Parameters: ['p', 's'] }] });
  await table.client.send(insert);
  await table.client.send(insert);
  expect(inserted).toEqual([{ pk: 'p', sk: 's' }]);
});
