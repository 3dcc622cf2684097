import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ApiError } from '../../lambdas/api/errors.ts';
import { fieldName, parse } from '../../lambdas/api/parse.ts';

const schema = z.strictObject({
  name: z.string().min(2),
  parts: z.array(z.strictObject({ size: z.number() })).default([]),
});

function refusalOf(type: z.ZodType, value: unknown): ApiError {
  try {
    parse(type, value, 'invalid_field');
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('It was taken');
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
  it('gives what the schema makes of the value', () => {
    expect(parse(schema, { name: 'ann' }, 'invalid_field')).toEqual({ name: 'ann', parts: [] });
  });

  it.each(['invalid_field', 'invalid_parameter'] as const)(
    'refuses with the code it is given: %s',
    (code) => {
      expect(() => parse(schema, { name: 1 }, code)).toThrow(expect.objectContaining({ code }) as Error);
    },
  );

  it.each([
    ['a wrong type', { name: 1 }, 'name'],
    ['a missing field', {}, 'name'],
    ['a wrong part of a list', { name: 'ann', parts: [{ size: 1 }, { size: 'x' }] }, 'parts[1].size'],
    ['an unknown field', { name: 'ann', colour: 'red' }, 'colour'],
    ['an unknown field within', { name: 'ann', parts: [{ size: 1, colour: 'red' }] }, 'parts[0].colour'],
  ])('names the field of %s', (_title, value, field) => {
    expect(refusalOf(schema, value)).toMatchObject({ code: 'invalid_field', extras: { field } });
  });

  it('names one field where several are wrong, and the first', () => {
    const several = refusalOf(schema, { name: 'a', parts: [{ size: 'x' }, { size: 'y' }] });
    expect(several.extras).toEqual({ field: 'name' });
  });

  it('names a field that does not exist before one that is missing: it may be the missing one, mistyped', () => {
    expect(refusalOf(schema, { nmae: 'ann' }).extras).toEqual({ field: 'nmae' });
  });

  it('names no field where the value as a whole is wrong', () => {
    expect(refusalOf(schema, [])).toMatchObject({ code: 'invalid_field', extras: {} });
    expect(refusalOf(schema, []).extras).not.toHaveProperty('field');
  });

  it('refuses with the code a schema names for itself', () => {
    const url = z.strictObject({
      url: z.string().superRefine((_value, context) => {
        context.addIssue({ code: 'custom', message: 'no', params: { code: 'url_https_required' } });
      }),
    });
    expect(refusalOf(url, { url: 'x' })).toMatchObject({
      code: 'url_https_required',
      message: 'no',
      extras: { field: 'url' },
    });
  });

  it('throws an ApiError and nothing else, whatever the value', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }), (value) => {
        fc.pre(!schema.safeParse(value).success);
        expect(refusalOf(schema, value).code).toBe('invalid_field');
      }),
    );
  });
});
