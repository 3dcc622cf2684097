import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ApiError } from '../../lambdas/api/errors.ts';
import { fieldName, parse } from '../../lambdas/api/parse.ts';

const schema = z.strictObject({
  name: z.string().min(2),
  parts: z.array(z.strictObject({ size: z.number() })).default([]),
});

function parseError(type: z.ZodType, value: unknown): ApiError {
  try {
    parse(type, value, 'invalid_field');
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('The value was accepted');
}

describe('fieldName', () => {
  it.each([
    [[], ''],
    [['limit'], 'limit'],
    [['to', 1], 'to[1]'],
    [['tags', 'campaign'], 'tags.campaign'],
    [['attachments', 0, 'content'], 'attachments[0].content'],
    [['a', 0, 1, 'b'], 'a[0][1].b'],
  ])('writes %j as %s', (path, name) => {
    expect(fieldName(path)).toBe(name);
  });
});

describe('parse', () => {
  it('returns the output of the schema', () => {
    expect(parse(schema, { name: 'ann' }, 'invalid_field')).toEqual({ name: 'ann', parts: [] });
  });

  it.each(['invalid_field', 'invalid_parameter'] as const)(
    'throws an error with the given code: %s',
    (code) => {
      expect(() => parse(schema, { name: 1 }, code)).toThrow(expect.objectContaining({ code }) as Error);
    },
  );

  it.each([
    ['a wrong type', { name: 1 }, 'name'],
    ['a missing field', {}, 'name'],
    ['an invalid list item', { name: 'ann', parts: [{ size: 1 }, { size: 'x' }] }, 'parts[1].size'],
    ['an unknown field', { name: 'ann', color: 'red' }, 'color'],
    ['an unknown nested field', { name: 'ann', parts: [{ size: 1, color: 'red' }] }, 'parts[0].color'],
  ])('names the field of %s', (_title, value, field) => {
    expect(parseError(schema, value)).toMatchObject({ code: 'invalid_field', extras: { field } });
  });

  it('names only the first invalid field', () => {
    const several = parseError(schema, { name: 'a', parts: [{ size: 'x' }, { size: 'y' }] });
    expect(several.extras).toEqual({ field: 'name' });
  });

  it('names an unknown field rather than a missing one, because it may be the missing one misspelled', () => {
    expect(parseError(schema, { nmae: 'ann' }).extras).toEqual({ field: 'nmae' });
  });

  it('names no field if the value itself has the wrong type', () => {
    expect(parseError(schema, [])).toMatchObject({ code: 'invalid_field', extras: {} });
    expect(parseError(schema, []).extras).not.toHaveProperty('field');
  });

  it('throws an error with the code that the schema sets', () => {
    const url = z.strictObject({
      url: z.string().superRefine((_value, context) => {
        context.addIssue({ code: 'custom', message: 'no', params: { code: 'url_https_required' } });
      }),
    });
    expect(parseError(url, { url: 'x' })).toMatchObject({
      code: 'url_https_required',
      message: 'no',
      extras: { field: 'url' },
    });
  });

  it('throws only ApiErrors, for any value', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }), (value) => {
        fc.pre(!schema.safeParse(value).success);
        expect(parseError(schema, value).code).toBe('invalid_field');
      }),
    );
  });
});
