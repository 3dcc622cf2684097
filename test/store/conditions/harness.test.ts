/** The tools of this directory: where conditions are, and in which ways each one can be changed. */
import { describe, expect, it } from 'vitest';
import { simulatedTable } from '../../../sim/table.ts';
import { onConditions } from './conditional-writes.ts';
import { conditionsIn, siteOf } from './sites.ts';
import { changesOf, parseCondition, print } from './weaken.ts';

describe('conditionsIn', () => {
  it('names the function of each condition, and no key condition', () => {
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
    ].join('\n');
    expect(conditionsIn(source)).toEqual(['absent', 'put', 'check']);
  });
});

describe('siteOf', () => {
  const root = new URL('../../..', import.meta.url).pathname;
  const sites = new Set(['lambdas/store/a.ts put']);

  it.each([`at put (${root}lambdas/store/a.ts:1:2)`, `at async put (file://${root}lambdas/store/a.ts:1:2)`])(
    'reads the function and the file of a frame: %s',
    (frame) => {
      expect(siteOf(`Error: x\n    at send (/other.ts:1:1)\n    ${frame}`, sites)).toBe(
        'lambdas/store/a.ts put',
      );
    },
  );

  it('knows no function of another file or of another name', () => {
    const frames = [`at put (${root}lambdas/store/b.ts:1:2)`, `at get (${root}lambdas/store/a.ts:1:2)`];
    expect(siteOf(frames.join('\n'), sites)).toBeUndefined();
  });
});

describe('changesOf', () => {
  const texts = (condition: string) => changesOf(condition).map(({ text }) => text);

  it('leaves out all of a condition, or never lets it hold', () => {
    expect(texts('attribute_not_exists(pk)')).toEqual([
      undefined,
      'attribute_exists(pk) AND attribute_not_exists(pk)',
    ]);
  });

  it('leaves out each operand, each option and each NOT, and moves each boundary', () => {
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
    'refuses a condition that it cannot read: %j',
    (condition) => {
      expect(() => changesOf(condition)).toThrow(/condition|expression/);
    },
  );

  it('prints what it has parsed', () => {
    const condition = 'a = :a OR (b = :b AND NOT (c < :c))';
    expect(print(parseCondition(condition))).toBe(condition);
  });
});

describe('onConditions', () => {
  it('refuses a condition that no function of the product gives', () => {
    const table = simulatedTable();
    onConditions(table, new Set(), ({ text }) => text);
    class PutCommand {
      input = { TableName: 'table', Item: { pk: 'a', sk: 'b' }, ConditionExpression: 'a = :a' };
    }
    expect(() => table.client.send(new PutCommand() as never)).toThrow('No function of the product');
  });
});
