import type { APIGatewayProxyEvent } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../lambdas/api/errors.ts';
import { bodyOf, callerOf, queryOf } from '../../lambdas/api/request.ts';

const FOUR_MIB = 4 * 1024 * 1024;

function aRequest(changes: Partial<APIGatewayProxyEvent>): APIGatewayProxyEvent {
  const event = { headers: {}, body: null, isBase64Encoded: false, requestContext: {}, ...changes };
  return event as unknown as APIGatewayProxyEvent;
}

function aBody(body: string | Buffer, changes: Partial<APIGatewayProxyEvent> = {}): APIGatewayProxyEvent {
  if (typeof body === 'string') return aRequest({ body, ...changes });
  return aRequest({ body: body.toString('base64'), isBase64Encoded: true, ...changes });
}

/** A JSON text of so many bytes. */
function jsonOf(bytes: number): string {
  return `"${'x'.repeat(bytes - 2)}"`;
}

function refusal(code: string, extras: { readonly field?: string } = {}): Error {
  return expect.objectContaining({ code, extras: expect.objectContaining(extras) as object }) as Error;
}

function callerWith(authorizer: Record<string, string> | undefined): () => unknown {
  return () => callerOf(aRequest({ requestContext: { authorizer } } as Partial<APIGatewayProxyEvent>));
}

/** What it throws; fails where it throws nothing. */
function faultOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return expect.fail('It threw nothing');
}

describe('the caller', () => {
  const context = { workspace_id: 'ws_a', key_id: 'key_a', scopes: 'send read' };

  it('is whom the authorizer found, with each scope of the key', () => {
    expect(callerWith(context)()).toEqual({
      workspaceId: 'ws_a',
      keyId: 'key_a',
      scopes: ['send', 'read'],
    });
  });

  it('has no scope but those of the key', () => {
    expect(callerWith({ ...context, scopes: '' })()).not.toMatchObject({
      scopes: expect.arrayContaining([expect.stringMatching(/send|read|admin/)]),
    });
  });

  it.each(['workspace_id', 'key_id', 'scopes'] as const)(
    'is nobody without %s, and a fault of ours',
    (name) => {
      const { [name]: _left, ...rest } = context;
      expect(callerWith(rest)).toThrow(/no authorizer/);
      expect(callerWith(rest)).not.toThrow(refusal('not_found'));
    },
  );

  it('is nobody on a route without an authorizer', () => {
    expect(faultOf(callerWith(undefined))).not.toBeInstanceOf(ApiError);
  });
});

describe('the query', () => {
  it('is empty where there is none', () => {
    expect(queryOf(aRequest({ multiValueQueryStringParameters: null }))).toEqual({});
  });

  it('has each parameter with its one value, be it empty', () => {
    const given = { limit: ['5'], to: [''], __PROTO__: ['x'] };
    expect(queryOf(aRequest({ multiValueQueryStringParameters: given }))).toEqual({
      limit: '5',
      to: '',
      __PROTO__: 'x',
    });
  });

  it.each([
    ['with two values', ['1', '2']],
    ['with the same twice', ['1', '1']],
  ])('is refused with a parameter %s, by its name', (_title, values) => {
    const given = { status: ['sent'], limit: values };
    expect(() => queryOf(aRequest({ multiValueQueryStringParameters: given }))).toThrow(
      refusal('invalid_parameter', { field: 'limit' }),
    );
  });
});

describe('the type of the body', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON',
  ])('may be %s, in a header of any case', (type) => {
    expect(bodyOf(aBody('{"a":1}', { headers: { 'content-type': type } }))).toEqual({ a: 1 });
    expect(bodyOf(aBody('{"a":1}', { headers: { 'CONTENT-TYPE': type } }))).toEqual({ a: 1 });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json-patch+json',
    'text/plain; application/json',
  ])('may not be %j', (type) => {
    const event = aBody('{"a":1}', { headers: { 'Content-Type': type } });
    expect(() => bodyOf(event)).toThrow(refusal('unsupported_media_type'));
  });
});

describe('the size of the body', () => {
  it('may be 4 MiB', () => {
    expect(bodyOf(aBody(jsonOf(FOUR_MIB)))).toHaveLength(FOUR_MIB - 2);
    expect(bodyOf(aBody(Buffer.from(jsonOf(FOUR_MIB))))).toHaveLength(FOUR_MIB - 2);
  });

  it.each([
    ['a byte more', jsonOf(FOUR_MIB + 1)],
    ['a byte more in base64', Buffer.from(jsonOf(FOUR_MIB + 1))],
    ['more bytes in fewer characters', `"${'é'.repeat(FOUR_MIB / 2)}"`],
    ['more that is no JSON', 'x'.repeat(FOUR_MIB + 1)],
  ])('may not be %s', (_title, body) => {
    expect(() => bodyOf(aBody(body))).toThrow(refusal('body_too_large'));
  });
});

describe('the text of the body', () => {
  it('is the same as it is in base64', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const json = JSON.stringify([text]);
        expect(bodyOf(aBody(Buffer.from(json)))).toEqual([text]);
        expect(bodyOf(aBody(json))).toEqual([text]);
      }),
    );
  });

  it.each([
    ['a byte that never stands in UTF-8', [0xff]],
    ['half a character', [0xc3]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
  ])('is refused with %s, though the rest is JSON', (_title, bytes) => {
    const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);
    expect(() => bodyOf(aBody(body))).toThrow(refusal('invalid_json'));
  });

  it.each([
    ['nothing', aRequest({ body: null })],
    ['an empty text', aRequest({ body: '' })],
    ['an empty text in base64', aRequest({ body: '', isBase64Encoded: true })],
    ['white space', aBody(' \n')],
    ['half a text', aBody('{"a":')],
    ['two texts', aBody('{}{}')],
    ['base64 that nobody said was', aBody(Buffer.from('{}').toString('base64'))],
  ])('is refused as %s', (_title, event) => {
    expect(() => bodyOf(event)).toThrow(refusal('invalid_json'));
  });
});
