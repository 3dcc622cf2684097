/** The files that are mutated, and the tests that must notice the mutations. */

/** The files whose mutations `npm test` tries. They protect the deployment against outsiders. */
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
  'lambdas/core/breakdown.ts',
  'lambdas/core/reasons/codes.ts',
  'lambdas/core/reasons/diagnostic.ts',
  'lambdas/core/reasons/reason-of.ts',
  'lambdas/ingest/choose-workspace.ts',
  'lambdas/ingest/normalize.ts',
  'lambdas/ingest/ses-message.ts',
  'lambdas/ingest/ses-timestamps.ts',
  'lambdas/delivery/address-guard.ts',
  'lambdas/delivery/endpoint-url.ts',
  'lambdas/delivery/groups.ts',
  'lambdas/store/api-keys.ts',
  'lambdas/store/claim-rows.ts',
  'lambdas/store/commands.ts',
  'lambdas/store/counter-writes.ts',
  'lambdas/store/cursor-key.ts',
  'lambdas/store/deliveries.ts',
  'lambdas/store/delivery-claims.ts',
  'lambdas/store/delivery-settlement.ts',
  'lambdas/store/endpoint-health.ts',
  'lambdas/store/endpoint-slots.ts',
  'lambdas/store/endpoint-turns.ts',
  'lambdas/store/endpoints.ts',
  'lambdas/store/first-attempts.ts',
  'lambdas/store/hold-deliveries.ts',
  'lambdas/store/idempotency.ts',
  'lambdas/store/suppressions.ts',
  'lambdas/store/transact.ts',
  'lambdas/store/update-expression.ts',
  'lambdas/store/workspaces.ts',
  'lambdas/tally/tally-batch.ts',
  'webhook/headers.ts',
  'webhook/index.ts',
  'webhook/signatures.ts',
];

export const TESTS: readonly string[] = [
  'test/core/**/*.test.ts',
  'test/ingest/{normalize,normalize-gaps,normalize-ids,choose-workspace,ses-message,ses-timestamps}.test.ts',
  'test/tally/tally-batch.test.ts',
  'test/delivery/{sign,address-guard,resolve,endpoint-url,dispatch-groups}.test.ts',
  'test/store/{api-keys,commands,cursor-key,deliveries,endpoint-health,endpoints,first-attempts,hold-deliveries,idempotency,insert-claims,suppressions,transact,update-expression,workspaces}.test.ts',
  'test/store/conditions/behaviors.test.ts',
  'test/webhook/{arguments,vectors}.test.ts',
];
