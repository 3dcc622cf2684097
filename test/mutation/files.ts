/** What is mutated, and the tests that should notice. */

/** Of these every mutant is tried in `npm test`: what stands between a stranger and the deployment. */
export const QUICK: readonly string[] = [
  'lambdas/core/api-key.ts',
  'lambdas/core/cursor.ts',
  'lambdas/core/outcome.ts',
  'lambdas/core/retry-schedule.ts',
  'lambdas/delivery/sign.ts',
];

export const ALL: readonly string[] = [
  ...QUICK,
  'lambdas/core/addresses.ts',
  'lambdas/core/normalise.ts',
  'lambdas/core/ses-message.ts',
  'lambdas/core/ses-timestamps.ts',
  'lambdas/delivery/address-guard.ts',
  'lambdas/delivery/endpoint-url.ts',
];

export const TESTS: readonly string[] = [
  'test/core/**/*.test.ts',
  'test/delivery/{sign,address-guard,resolve,endpoint-url}.test.ts',
];
