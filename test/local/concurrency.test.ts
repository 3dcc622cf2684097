import { expect, it } from 'vitest';
import { ACCOUNT_EXECUTIONS, API_REQUESTS, EXECUTIONS } from '../../local/concurrency.ts';

it('the local run has at most 24 executions, which is also its number of Lambda processes', () => {
  expect(ACCOUNT_EXECUTIONS).toBe(24);
});

it('every API request that the proxy forwards finds an execution of the authorizer and of the function', () => {
  expect(API_REQUESTS).toBe(4);
  for (const name of ['IvyApiAuthorizer', 'IvyApiFunction'])
    expect(EXECUTIONS[name]).toBeGreaterThanOrEqual(API_REQUESTS);
});
