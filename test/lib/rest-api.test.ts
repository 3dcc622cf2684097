import { describe, expect, it } from 'vitest';
import { PUBLIC_PATHS } from '../../lambdas/api/public-paths.ts';
import { ROUTES } from '../../lambdas/api/routes.ts';
import { resource, resourcesOf, templateOf, textOf } from '../../pages/template.ts';

const template = templateOf();

/** The gateway responses by type. */
const gatewayResponses = new Map(
  resourcesOf(template, 'AWS::ApiGateway::GatewayResponse').map(([, { Properties }]) => {
    const templates = Properties['ResponseTemplates'] as Record<string, string>;
    return [
      Properties['ResponseType'] as string,
      {
        status: Properties['StatusCode'] as string | undefined,
        headers: Properties['ResponseParameters'],
        body: JSON.parse(templates['application/json'] ?? '') as {
          error: { code: string; message: string };
          request_id: string;
        },
      },
    ] as const;
  }),
);

describe('the gateway', () => {
  it.each([
    ['UNAUTHORIZED', '401', 'missing_api_key'],
    ['ACCESS_DENIED', '403', 'invalid_api_key'],
    ['MISSING_AUTHENTICATION_TOKEN', '404', 'not_found'],
    ['RESOURCE_NOT_FOUND', '404', 'not_found'],
    ['BAD_REQUEST_BODY', '400', 'invalid_json'],
    ['REQUEST_TOO_LARGE', '413', 'body_too_large'],
    ['UNSUPPORTED_MEDIA_TYPE', '415', 'unsupported_media_type'],
    ['THROTTLED', '429', 'rate_limited'],
    ['QUOTA_EXCEEDED', '429', 'rate_limited'],
    ['AUTHORIZER_FAILURE', '503', 'unavailable'],
    ['AUTHORIZER_CONFIGURATION_ERROR', '503', 'unavailable'],
    ['API_CONFIGURATION_ERROR', '503', 'outcome_unknown'],
    ['INTEGRATION_FAILURE', '503', 'outcome_unknown'],
    ['INTEGRATION_TIMEOUT', '503', 'outcome_unknown'],
    ['DEFAULT_4XX', undefined, 'invalid_parameter'],
    ['DEFAULT_5XX', '503', 'outcome_unknown'],
  ])('responds to %s in the error format of the API: %s %s', (type, status, code) => {
    expect(gatewayResponses.get(type)).toMatchObject({ status, body: { error: { code } } });
  });

  it('says that a request was not processed only for types that never occur after the function ran', () => {
    const typesOf = (...codes: readonly string[]): readonly string[] =>
      [...gatewayResponses].filter(([, { body }]) => codes.includes(body.error.code)).map(([type]) => type);

    expect(typesOf('unavailable', 'rate_limited').toSorted()).toEqual([
      'AUTHORIZER_CONFIGURATION_ERROR',
      'AUTHORIZER_FAILURE',
      'QUOTA_EXCEEDED',
      'THROTTLED',
    ]);
    // A throttled function can have any of these types, and so can a function that sent the email and then failed.
    expect(typesOf('outcome_unknown').toSorted()).toEqual([
      'API_CONFIGURATION_ERROR',
      'DEFAULT_5XX',
      'INTEGRATION_FAILURE',
      'INTEGRATION_TIMEOUT',
    ]);
  });

  it('has a message and the request id in every response, and no other variable', () => {
    for (const { body } of gatewayResponses.values()) {
      expect(Object.keys(body)).toEqual(['error', 'request_id']);
      expect(body.request_id).toBe('$context.requestId');
      expect(body.error.message).toMatch(/^[^$]{10,}$/);
    }
  });

  it('has a Retry-After header in the responses that invite a retry, and in no other', () => {
    const retryAfter = [...gatewayResponses].flatMap(([type, { headers }]) =>
      headers === undefined ? [] : [[type, headers]],
    );

    const seconds = (count: number) => ({ 'gatewayresponse.header.Retry-After': `'${count}'` });
    expect(Object.fromEntries(retryAfter)).toEqual({
      THROTTLED: seconds(1),
      QUOTA_EXCEEDED: seconds(1),
      AUTHORIZER_FAILURE: seconds(5),
      AUTHORIZER_CONFIGURATION_ERROR: seconds(5),
    });
  });
});

describe('the API', () => {
  it('requires a key on every path except the public ones', () => {
    const paths = new Map(
      resourcesOf(template, 'AWS::ApiGateway::Resource').map(([id, { Properties }]) => [id, Properties]),
    );
    const pathOf = (id: string): string => {
      const found = paths.get(id);
      const { Ref: parent } = (found?.['ParentId'] ?? {}) as { Ref?: string };
      return found ? `${pathOf(parent ?? '')}/${String(found['PathPart'])}` : '';
    };
    const open: string[] = [];
    for (const [, { Properties }] of resourcesOf(template, 'AWS::ApiGateway::Method')) {
      expect(Properties['HttpMethod']).toBe('ANY');
      const path = pathOf((Properties['ResourceId'] as { Ref?: string }).Ref ?? '');
      if (Properties['AuthorizationType'] !== 'CUSTOM') open.push(path);
    }
    // The path of the root resource is empty.
    expect(open.map((path) => path || '/').toSorted()).toEqual(PUBLIC_PATHS.toSorted());
  });

  it('requires a key on every path below /v1 except the OpenAPI document, and has no data outside /v1', () => {
    const keyless = PUBLIC_PATHS.filter((path) => path.startsWith('/v1'));
    expect(keyless).toEqual(['/v1/openapi.json']);
    for (const { path, scope } of ROUTES) {
      const isPublic = path === '/v1/openapi.json' || !path.startsWith('/v1/');
      expect([path, scope === 'public']).toEqual([path, isPublic]);
    }
  });

  it('has a method on every resource, so that API Gateway does not treat an Authorization header as an AWS signature', () => {
    const withMethod = resourcesOf(template, 'AWS::ApiGateway::Method').map(
      ([, { Properties }]) => (Properties['ResourceId'] as { Ref?: string }).Ref ?? 'root',
    );
    const resources = resourcesOf(template, 'AWS::ApiGateway::Resource').map(([id]) => id);
    expect(withMethod.toSorted()).toEqual(['root', ...resources].toSorted());
  });

  it('passes every request to the authorizer, which requires no header and caches no result', () => {
    const { Properties: authorizer } = resource(template, 'AWS::ApiGateway::Authorizer');
    expect(authorizer).toMatchObject({ Type: 'REQUEST', AuthorizerResultTtlInSeconds: 0 });
    expect(authorizer).not.toHaveProperty('IdentitySource');
    for (const [, { Properties }] of resourcesOf(template, 'AWS::ApiGateway::Method'))
      for (const name of ['RequestValidatorId', 'RequestParameters', 'RequestModels'])
        expect(Properties).not.toHaveProperty(name);
  });

  it('names both headers in the response to a request without a key', () => {
    const { message } = gatewayResponses.get('UNAUTHORIZED')?.body.error ?? {};
    expect(message).toContain('x-api-key: <key>');
    expect(message).toContain('Authorization: Bearer <key>');
  });

  it('is regional, compresses responses, and changes no setting of the account', () => {
    expect(resource(template, 'AWS::ApiGateway::RestApi').Properties).toMatchObject({
      EndpointConfiguration: { Types: ['REGIONAL'] },
      MinimumCompressionSize: 1024,
    });
    expect(resourcesOf(template, 'AWS::ApiGateway::Account')).toEqual([]);
  });

  it('limits requests to the option throttle', () => {
    const stage = resource(
      templateOf({ throttle: { ratePerSecond: 7, burst: 9 } }),
      'AWS::ApiGateway::Stage',
    );

    expect(stage.Properties).toMatchObject({
      StageName: 'prod',
      MethodSettings: [{ HttpMethod: '*', ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 }],
    });
  });

  it('has a custom domain with the option domain', () => {
    const named = templateOf({
      domain: {
        name: 'events.example.com',
        certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/1',
        hostedZoneId: 'Z123',
      },
    });

    expect(resource(named, 'AWS::ApiGateway::DomainName').Properties).toMatchObject({
      DomainName: 'events.example.com',
      SecurityPolicy: 'TLS_1_2',
    });
    expect(resource(named, 'AWS::Route53::RecordSet').Properties).toMatchObject({
      HostedZoneId: 'Z123',
      Name: 'events.example.com.',
    });
    expect(named.findOutputs('ApiUrl')['ApiUrl']?.['Value']).toBe('https://events.example.com/');
  });

  it('has an output for its URL with a slash at the end', () => {
    expect(textOf(template.findOutputs('ApiUrl')['ApiUrl']?.['Value'])).toMatch(
      /^https:.*\/\$\{.*Stageprod.*\}\/$/,
    );
  });
});
