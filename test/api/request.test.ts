import type { APIGatewayProxyEvent } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../lambdas/api/errors.ts';
import { bodyOf, callerOf, queryOf } from '../../lambdas/api/request.ts';

const FOUR_MIB = 4 * 1024 * 1024;

function gatewayEvent(changes: Partial<APIGatewayProxyEvent>): APIGatewayProxyEvent {
  const event = { headers: {}, body: null, isBase64Encoded: false, requestContext: {}, ...changes };
  return event as unknown as APIGatewayProxyEvent;
}

function eventWithBody(
  body: string | Buffer,
  changes: Partial<APIGatewayProxyEvent> = {},
): APIGatewayProxyEvent {
  if (typeof body === 'string') return gatewayEvent({ body, ...changes });
  return gatewayEvent({ body: body.toString('base64'), isBase64Encoded: true, ...changes });
}

/** A JSON string of the given number of bytes. */
function jsonOf(bytes: number): string {
  return `"${'x'.repeat(bytes - 2)}"`;
}

function apiError(code: string, extras: { readonly field?: string } = {}): Error {
  return expect.objectContaining({ code, extras: expect.objectContaining(extras) as object }) as Error;
}

function callerWith(authorizer: Record<string, string> | undefined): () => unknown {
  return () => callerOf(gatewayEvent({ requestContext: { authorizer } } as Partial<APIGatewayProxyEvent>));
}

/** The error that the call throws. Fails if the call throws no error. */
function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return expect.fail('The call threw no error');
}

describe('the caller', () => {
  const context = { workspace_id: 'ws_a', key_id: 'key_a', scopes: 'send read' };

  it('is the key that the authorizer found, with all its scopes', () => {
    expect(callerWith(context)()).toEqual({
      workspaceId: 'ws_a',
      keyId: 'key_a',
      scopes: ['send', 'read'],
    });
  });

  it.each(['Deploy key', 'Büro 100 % – “数”'])('has the name of the key: %s', (name) => {
    const encoded = { ...context, key_name: encodeURIComponent(name) };
    expect(callerWith(encoded)()).toMatchObject({ keyId: 'key_a', keyName: name });
  });

  it('has only the scopes of the key', () => {
    expect(callerWith({ ...context, scopes: '' })()).not.toMatchObject({
      scopes: expect.arrayContaining([expect.stringMatching(/send|read|admin/)]),
    });
  });

  it.each(['workspace_id', 'key_id', 'scopes'] as const)(
    'is missing without %s, which is an internal error',
    (name) => {
      const { [name]: _removed, ...rest } = context;
      expect(callerWith(rest)).toThrow(/no authorizer/);
      expect(callerWith(rest)).not.toThrow(apiError('not_found'));
    },
  );

  it('is missing on a route without an authorizer, which is an internal error', () => {
    expect(thrownBy(callerWith(undefined))).not.toBeInstanceOf(ApiError);
  });
});

describe('the query', () => {
  it('is empty if the request has none', () => {
    expect(queryOf(gatewayEvent({ multiValueQueryStringParameters: null }))).toEqual({});
  });

  it('has the value of each parameter, also an empty one', () => {
    const parameters = { limit: ['5'], to: [''], __PROTO__: ['x'] };
    expect(queryOf(gatewayEvent({ multiValueQueryStringParameters: parameters }))).toEqual({
      limit: '5',
      to: '',
      __PROTO__: 'x',
    });
  });

  it.each([
    ['with two values', ['1', '2']],
    ['with the same value twice', ['1', '1']],
  ])('is refused if a parameter occurs %s, and the error names it', (_title, values) => {
    const parameters = { status: ['sent'], limit: values };
    expect(() => queryOf(gatewayEvent({ multiValueQueryStringParameters: parameters }))).toThrow(
      apiError('invalid_parameter', { field: 'limit' }),
    );
  });
});

describe('the content type of the body', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON',
  ])('may be %s, in a header of any case', (type) => {
    expect(bodyOf(eventWithBody('{"a":1}', { headers: { 'content-type': type } }))).toEqual({ a: 1 });
    expect(bodyOf(eventWithBody('{"a":1}', { headers: { 'CONTENT-TYPE': type } }))).toEqual({ a: 1 });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json-patch+json',
    'text/plain; application/json',
  ])('may not be %j', (type) => {
    const event = eventWithBody('{"a":1}', { headers: { 'Content-Type': type } });
    expect(() => bodyOf(event)).toThrow(apiError('unsupported_media_type'));
  });
});

describe('the size of a body', () => {
  it('may be 4 MiB', () => {
    expect(bodyOf(eventWithBody(jsonOf(FOUR_MIB)))).toHaveLength(FOUR_MIB - 2);
    expect(bodyOf(eventWithBody(Buffer.from(jsonOf(FOUR_MIB))))).toHaveLength(FOUR_MIB - 2);
  });

  it.each([
    ['one byte more', jsonOf(FOUR_MIB + 1)],
    ['one byte more in base64', Buffer.from(jsonOf(FOUR_MIB + 1))],
    ['more bytes in fewer characters', `"${'é'.repeat(FOUR_MIB / 2)}"`],
    ['more, even if it is not JSON', 'x'.repeat(FOUR_MIB + 1)],
  ])('may not be %s', (_title, body) => {
    expect(() => bodyOf(eventWithBody(body))).toThrow(apiError('body_too_large'));
  });
});

describe('the text of the body', () => {
  it('is the same in plain text and in base64', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const json = JSON.stringify([text]);
        expect(bodyOf(eventWithBody(Buffer.from(json)))).toEqual([text]);
        expect(bodyOf(eventWithBody(json))).toEqual([text]);
      }),
    );
  });

  it.each([
    ['a byte that UTF-8 does not use', [0xff]],
    ['half a character', [0xc3]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
  ])('is refused with %s, although the rest is JSON', (_title, bytes) => {
    const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);
    expect(() => bodyOf(eventWithBody(body))).toThrow(apiError('invalid_json'));
  });

  it.each([
    ['a missing body', gatewayEvent({ body: null })],
    ['an empty text', gatewayEvent({ body: '' })],
    ['an empty text in base64', gatewayEvent({ body: '', isBase64Encoded: true })],
    ['white space', eventWithBody(' \n')],
    ['incomplete JSON', eventWithBody('{"a":')],
    ['two JSON values', eventWithBody('{}{}')],
    ['base64 that is not marked as base64', eventWithBody(Buffer.from('{}').toString('base64'))],
  ])('is refused as %s', (_title, event) => {
    expect(() => bodyOf(event)).toThrow(apiError('invalid_json'));
  });
});
