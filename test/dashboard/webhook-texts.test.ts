import { describe, expect, it } from 'vitest';
import { ERROR_CLASS_TEXT, attemptAdvice } from '../../dashboard/text/attempt-errors.ts';
import { formatSpan } from '../../dashboard/text/duration.ts';
import { endpointName } from '../../dashboard/text/endpoint-name.ts';
import { httpStatusText } from '../../dashboard/text/http-status.ts';
import { DEFAULT_RETRY_DELAYS, isShortened, retryDelaysText } from '../../dashboard/text/retry-schedule.ts';
import { ERROR_CLASSES } from '../../lambdas/core/deliveries.ts';

describe('the name of an endpoint', () => {
  it.each([
    ['Billing', 'https://example.com/hooks', 'Billing'],
    [null, 'https://example.com/hooks', 'example.com/hooks'],
    [null, 'https://example.com/', 'example.com'],
    [null, 'https://example.com:8443/a?b=c', 'example.com:8443/a?b=c'],
  ])('with the description %j and the URL %s is %s', (description, url, name) => {
    expect(endpointName({ description, url })).toBe(name);
  });
});

it.each([
  [0, '0 s'],
  [40_000, '40 s'],
  [54 * 60_000 + 31_000, '54 min'],
  [2 * 3_600_000, '2 h'],
  [2 * 3_600_000 + 5 * 60_000, '2 h 5 min'],
  [76 * 3_600_000, '3 d 4 h'],
  [-5_000, '0 s'],
])('shows a span of %i ms as %s', (ms, text) => {
  expect(formatSpan(ms)).toBe(text);
});

it.each([
  [200, '200 OK'],
  [503, '503 Service Unavailable'],
  [299, '299'],
])('shows the status code %i as %s', (status, text) => {
  expect(httpStatusText(status)).toBe(text);
});

describe('the advice for a failed attempt', () => {
  it.each(ERROR_CLASSES)('explains the error class %s', (errorClass) => {
    expect(ERROR_CLASS_TEXT[errorClass].explanation).toMatch(/\.$/);
    expect(attemptAdvice(errorClass, null) === '').toBe(errorClass === 'internal');
  });

  it('depends on the status code of an error response', () => {
    expect(attemptAdvice('http_status', 401)).toContain('signing secret');
    expect(attemptAdvice('http_status', 404)).toContain('URL');
    expect(attemptAdvice('http_status', 500)).toBe(ERROR_CLASS_TEXT.http_status.advice);
  });
});

describe('the retry schedule', () => {
  it('shows the delay before each retry', () => {
    expect(DEFAULT_RETRY_DELAYS).toBe('1 min, 5 min, and 25 min');
    expect(retryDelaysText({ first_delay_seconds: 30, factor: 2, count: 1 })).toBe('30 s');
  });

  it.each([
    [60, false],
    [3, true],
  ])('with a first delay of %i s is shorter than the default: %s', (firstDelay, shortened) => {
    expect(isShortened({ first_delay_seconds: firstDelay, factor: 5, count: 3 })).toBe(shortened);
  });
});
