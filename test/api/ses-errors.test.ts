import { describe, expect, it } from 'vitest';
import { STATUS_OF_CODE } from '../../lambdas/api/errors.ts';
import { classifySendError, redactedSesError } from '../../lambdas/api/ses-errors.ts';

interface Shape {
  readonly message?: string;
  readonly status?: number;
  readonly code?: string;
}

function sesError(name: string, { message = name, status, code }: Shape = {}): Error {
  return Object.assign(new Error(message), {
    name,
    ...(code !== undefined && { code }),
    // The SDK adds metadata to every error. The metadata has a status only if SES responded.
    $metadata: { attempts: 1, ...(status !== undefined && { httpStatusCode: status }) },
  });
}

const SANDBOX =
  'Email address is not verified. The following identities failed the check in region US-EAST-1: ann@example.com';

describe('an email is refused permanently', () => {
  it.each([
    ['MessageRejected', SANDBOX, 'identity_not_verified'],
    ['MessageRejected', 'Transaction failed: Invalid domain name: x', 'message_rejected'],
    ['BadRequestException', 'Illegal address', 'message_rejected'],
    ['BadRequestException', SANDBOX, 'identity_not_verified'],
    ['NotFoundException', 'Configuration set <x> does not exist.', 'message_rejected'],
    ['MailFromDomainNotVerifiedException', 'The MAIL FROM domain failed', 'identity_not_verified'],
    ['AccountSuspendedException', 'Sending is suspended', 'sending_paused'],
    ['SendingPausedException', 'Sending paused for this account.', 'sending_paused'],
    ['LimitExceededException', 'Daily message quota exceeded.', 'quota_exceeded'],
  ] as const)('after %s: %s', (name, message, code) => {
    const failure = classifySendError(sesError(name, { message, status: 400 }));
    expect(failure).toEqual({ kind: 'refused', code, message });
    expect(STATUS_OF_CODE[code]).toBe(422);
  });
});

describe('an email may be sent again', () => {
  it.each([
    ['TooManyRequestsException', { status: 429 }],
    ['ThrottlingException', { status: 400, message: 'Maximum sending rate exceeded.' }],
    ['Throttling', { status: 400, message: 'Maximum sending rate exceeded.' }],
    ['InternalServiceErrorException', { status: 500 }],
    ['ServiceUnavailable', { status: 503 }],
    ['Unknown', { status: 502 }],
    ['Error', { code: 'ECONNREFUSED' }],
    ['Error', { code: 'ENOTFOUND' }],
    ['Error', { code: 'EAI_AGAIN' }],
    ['CredentialsProviderError', {}],
  ])('after %s %j, in a positive whole number of seconds', (name, shape) => {
    const failure = classifySendError(sesError(name, shape));
    expect(failure).toEqual({ kind: 'retry', afterSeconds: expect.any(Number) });
    const seconds = failure.kind === 'retry' ? failure.afterSeconds : 0;
    expect(Number.isInteger(seconds) && seconds > 0).toBe(true);
  });
});

describe('the outcome of an email is unknown', () => {
  it.each([
    ['a timeout', sesError('TimeoutError', { message: 'Connection timed out after 20000 ms' })],
    ['a connection that was reset', sesError('Error', { code: 'ECONNRESET' })],
    ['a broken pipe', sesError('Error', { code: 'EPIPE' })],
    ['an aborted request', sesError('AbortError')],
    ['an error without metadata', new Error('what?')],
    ['an error with the name of an object property', sesError('constructor')],
    ['a thrown string', 'what?'],
    ['undefined', undefined],
  ])('after %s', (_title, error) => {
    expect(classifySendError(error)).toEqual({ kind: 'unknown' });
  });
});

describe('an SES error is logged', () => {
  it.each([
    [sesError('Throttling', { message: SANDBOX, status: 400 }), 'SES failed: Throttling, 400'],
    [sesError('Error', { message: SANDBOX, code: 'ECONNRESET' }), 'SES failed: Error, ECONNRESET'],
    [Object.assign(new TypeError(SANDBOX), { $metadata: undefined }), 'SES failed: TypeError'],
    [SANDBOX, 'SES failed'],
  ])(
    'with its name and status, but without its message, which may contain an address (%#)',
    (error, logged) => {
      const { message, stack, cause } = redactedSesError(error);
      expect(message).toBe(logged);
      expect(JSON.stringify([message, stack, cause])).not.toContain('ann@example.com');
    },
  );

  it('with the AWS request id, which AWS Support asks for', () => {
    const error = Object.assign(new Error(SANDBOX), { $metadata: { httpStatusCode: 500, requestId: 'r-1' } });
    expect(redactedSesError(error).message).toBe('SES failed: Error, 500, request r-1');
  });
});
