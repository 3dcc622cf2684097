/** Tests of the tools in this folder, which find conditions and change them. */
import { describe, expect, it } from 'vitest';
import { simulatedTable } from '../../../sim/table.ts';
import { onConditions } from './conditional-writes.ts';
import { conditionsIn, siteOf } from './sites.ts';
import { changesOf, parseCondition, print } from './weaken.ts';

describe('conditionsIn', () => {
  it('returns the function of each condition, and ignores key conditions', () => {
    const source = [
      "const absent = { ConditionExpression: 'attribute_not_exists(pk)' };",
      'export async function put(table: Table) {',
      '  const write = () => ({',
      "    ConditionExpression: 'a = :a',",
      '  });',
      "  return { KeyConditionExpression: 'pk = :pk', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };",
      '}',
      'function check() {',
      '  return { ConditionCheck: { ConditionExpression } };',
      '}',
      'function insert() {',
      '  return { Statement: `INSERT INTO "${name}" VALUE {${values}}` };',
      '}',
    ].join('\n');
    expect(conditionsIn(source)).toEqual(['absent', 'put', 'check', 'insert']);
  });
});

describe('siteOf', () => {
  const root = new URL('../../..', import.meta.url).pathname;
  const sites = new Set(['lambdas/store/a.ts put']);

  it.each([`at put (${root}lambdas/store/a.ts:1:2)`, `at async put (file://${root}lambdas/store/a.ts:1:2)`])(
    'reads the function and the file from a stack frame: %s',
    (frame) => {
      expect(siteOf(`Error: x\n    at send (/other.ts:1:1)\n    ${frame}`, sites)).toBe(
        'lambdas/store/a.ts put',
      );
    },
  );

  it('returns undefined for another file or another function', () => {
    const frames = [`at put (${root}lambdas/store/b.ts:1:2)`, `at get (${root}lambdas/store/a.ts:1:2)`];
    expect(siteOf(frames.join('\n'), sites)).toBeUndefined();
  });
});

describe('changesOf', () => {
  const texts = (condition: string) => changesOf(condition).map(({ text }) => text);

  it('removes the whole condition, or makes it always fail', () => {
    expect(texts('attribute_not_exists(pk)')).toEqual([
      undefined,
      'attribute_exists(pk) AND attribute_not_exists(pk)',
    ]);
  });

  it('removes each operand, each option and each NOT, and moves each boundary', () => {
    expect(
      texts('a = :a AND (b <= :b OR #c IN (:c, :d)) AND NOT (e > :e AND attribute_exists(f))').slice(2),
    ).toEqual([
      '(b <= :b OR #c IN (:c, :d)) AND NOT (e > :e AND attribute_exists(f))',
      'a = :a AND NOT (e > :e AND attribute_exists(f))',
      'a = :a AND #c IN (:c, :d) AND NOT (e > :e AND attribute_exists(f))',
      'a = :a AND (b < :b OR #c IN (:c, :d)) AND NOT (e > :e AND attribute_exists(f))',
      'a = :a AND b <= :b AND NOT (e > :e AND attribute_exists(f))',
      'a = :a AND (b <= :b OR #c IN (:d)) AND NOT (e > :e AND attribute_exists(f))',
      'a = :a AND (b <= :b OR #c IN (:c)) AND NOT (e > :e AND attribute_exists(f))',
      'a = :a AND (b <= :b OR #c IN (:c, :d))',
      'a = :a AND (b <= :b OR #c IN (:c, :d)) AND (e > :e AND attribute_exists(f))',
      'a = :a AND (b <= :b OR #c IN (:c, :d)) AND NOT (attribute_exists(f))',
      'a = :a AND (b <= :b OR #c IN (:c, :d)) AND NOT (e >= :e AND attribute_exists(f))',
      'a = :a AND (b <= :b OR #c IN (:c, :d)) AND NOT (e > :e)',
    ]);
  });

  it.each(['a BETWEEN :a AND :b', 'a = :a b = :b', '(a = :a', 'a = :a AND', ''])(
    'throws for a condition that it cannot read: %j',
    (condition) => {
      expect(() => changesOf(condition)).toThrow(/condition|expression/);
    },
  );

  it('prints a parsed condition', () => {
    const condition = 'a = :a OR (b = :b AND NOT (c < :c))';
    expect(print(parseCondition(condition))).toBe(condition);
  });
});

describe('onConditions', () => {
  it('throws for a condition that no function of the product sends', () => {
    const table = simulatedTable();
    onConditions(table, new Set(), ({ text }) => text);
    class PutCommand {
      input = { TableName: 'table', Item: { pk: 'a', sk: 'b' }, ConditionExpression: 'a = :a' };
    }
    expect(() => table.client.send(new PutCommand() as never)).toThrow('No function of the product');
  });
});
