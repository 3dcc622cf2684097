import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../lambdas/api/errors.ts';
import { parseJson } from '../../lambdas/api/json.ts';

describe('parseJson', () => {
  it.each([
    ['{"a":1,"a":1}', 'a'],
    ['{"a":{"b":1,"b":2}}', 'a.b'],
    ['{"a":{"c":[1,2]},"b":{"c":1,"d":{},"c":2}}', 'b.c'],
    ['{"attachments":[{"content":"a,b"},{"content":"","content":""}]}', 'attachments[1].content'],
    ['[[1,[2,3]],[{},{"x":[],"x":1}]]', '[1][1].x'],
    [String.raw`{"a":1,"\u0061":2}`, 'a'],
    ['[{"x":1},{"y":1,"y":2}]', '[1].y'],
    ['{"tags":{"__proto__":1,"__proto__":2}}', 'tags.__proto__'],
    [String.raw`{"__proto__":1,"__pr\u006fto__":2}`, '__proto__'],
  ])('refuses %s and names the field %s', (text, field) => {
    expect(() => parseJson(text)).toThrow(
      expect.objectContaining({ code: 'invalid_json', extras: { field } }) as Error,
    );
  });

  it('reads __proto__ as an ordinary field name', () => {
    const read = parseJson('{"tags":{"__proto__":"a","constructor":"b"}}') as { tags: object };
    expect(Object.entries(read.tags)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    expect(Object.getPrototypeOf(read.tags)).toBe(Object.prototype);
  });

  it.each([
    ['elements', (count: number) => `[${Array(count).fill('1').join(',')}]`],
    [
      'field names',
      (count: number) => `{${Array.from({ length: count }, (_, index) => `"${index}":1`).join(',')}}`,
    ],
    [
      'elements in nested lists',
      (count: number) =>
        `[${Array(count / 2)
          .fill('[1]')
          .join(',')}]`,
    ],
  ])('accepts 20,000 %s and refuses more', (_title, make) => {
    expect(() => parseJson(make(20_000))).not.toThrow();
    expect(() => parseJson(make(20_002))).toThrow(
      expect.objectContaining({ code: 'invalid_json', extras: {} }) as Error,
    );
  });

  it.each(['1,', '[],', '{},'])(
    'accepts the largest number of parts that fits in a webhook of 16 KiB: %s',
    (part) => {
      expect(() => parseJson(`[${part.repeat(16_384 / part.length)}1]`)).not.toThrow();
    },
  );

  it('accepts the same name in two objects and inside a string', () => {
    expect(parseJson('[{"a":"a"},{"a":{"a":["a:","{\\"a\\":1"]}}]')).toEqual([
      { a: 'a' },
      { a: { a: ['a:', '{"a":1'] } },
    ]);
  });

  it('returns the same value as JSON.parse for every output of JSON.stringify', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes('__proto__'));
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('throws only ApiErrors, for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => text.slice(1)),
        ),
        (text) => {
          let thrown: unknown;
          try {
            parseJson(text);
          } catch (error) {
            thrown = error;
          }
          expect(thrown === undefined || thrown instanceof ApiError).toBe(true);
        },
      ),
    );
  });
});
