import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { OpenApi } from '../../site/openapi.ts';
import { exampleOf, requestExample, typeText, type Schema } from '../../site/schema.ts';

const SCHEMAS: Readonly<Record<string, Schema>> = {
  Person: {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', examples: ['Ann'] },
      born: { type: 'string', format: 'date' },
      parent: { $ref: '#/components/schemas/Person' },
    },
  },
  Color: { type: 'string', enum: ['red', 'blue'] },
};

describe('the type of a field', () => {
  it.each<[string, Schema]>([
    ['string', { $ref: '#/components/schemas/Color' }],
    ['list of object', { type: 'array', items: { $ref: '#/components/schemas/Person' } }],
    ['time or null', { anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] }],
    [
      'string or list of string',
      { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    ],
  ])('reads %s', (text, schema) => {
    expect(typeText(schema, SCHEMAS)).toBe(text);
  });
});

describe('an example', () => {
  it('prefers the example of the schema, and ends for a schema that contains itself', () => {
    const example = exampleOf({ $ref: '#/components/schemas/Person' }, SCHEMAS) as Record<string, unknown>;
    expect(example).toMatchObject({ name: 'Ann', born: '2026-02-25', parent: { name: 'Ann' } });
  });

  it('is null for a value that can be absent, and the first permitted value otherwise', () => {
    expect(exampleOf({ anyOf: [{ type: 'string' }, { type: 'null' }] }, SCHEMAS)).toBeNull();
    expect(exampleOf({ $ref: '#/components/schemas/Color' }, SCHEMAS)).toBe('red');
  });

  it('of a request has its required fields, and the optional fields with an example', () => {
    expect(requestExample({ $ref: '#/components/schemas/Person' }, SCHEMAS)).toEqual({ name: 'Ann' });
  });

  it('has an object or a list for every JSON response of the API', () => {
    const { paths, components } = JSON.parse(readFileSync('docs/site/openapi.json', 'utf8')) as OpenApi;
    const schemas = Object.values(paths)
      .flatMap((operations) => Object.values(operations).flatMap(({ responses }) => Object.values(responses)))
      .flatMap(({ content }) => content?.['application/json']?.schema ?? []);
    expect(schemas.length).toBeGreaterThan(100);
    for (const schema of schemas) expect(exampleOf(schema, components.schemas)).toBeTypeOf('object');
  });
});
