import { describe, expect, it } from 'vitest';
import { ApiError, STATUS_OF_CODE, notFound } from '../../lambdas/api/errors.ts';

/** The error codes of the design, and 405 (docs/adr/0015-405-method-not-allowed.md). */
const CODES_OF_STATUS = {
  400: ['invalid_json', 'invalid_parameter', 'invalid_cursor', 'conflicting_filters'],
  401: ['missing_api_key'],
  403: ['invalid_api_key', 'insufficient_scope'],
  404: ['not_found'],
  405: ['method_not_allowed'],
  409: ['idempotency_conflict', 'reputation_paused'],
  413: ['body_too_large'],
  415: ['unsupported_media_type'],
  422: [
    'invalid_field',
    'url_https_required',
    'url_address_forbidden',
    'identity_not_verified',
    'message_rejected',
    'sending_paused',
    'quota_exceeded',
  ],
  429: ['rate_limited'],
  503: ['unavailable', 'outcome_unknown'],
};

describe('the error codes', () => {
  it('are exactly the codes of the contract, each with its status', () => {
    const expected = Object.entries(CODES_OF_STATUS).flatMap(([status, codes]) =>
      codes.map((code) => [code, Number(status)] as const),
    );
    expect(STATUS_OF_CODE).toEqual(Object.fromEntries(expected));
  });
});

describe('an ApiError', () => {
  it('contains its code, the extra fields of the response, and its cause for the log', () => {
    const cause = new Error('why');
    const error = new ApiError('invalid_field', 'no', { field: 'to[1]', cause });
    expect(error).toMatchObject({ code: 'invalid_field', message: 'no', extras: { field: 'to[1]' }, cause });
  });

  it('for not_found names no id, so that a client cannot learn which ids exist', () => {
    expect(notFound().code).toBe('not_found');
    expect(notFound().extras).toEqual({});
  });
});
