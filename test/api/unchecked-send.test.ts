/** The api function when the reputation guard cannot be read. */
import { afterEach, expect, it } from 'vitest';
import { METRIC } from '../../lambdas/core/metrics.ts';
import { awsError } from '../../sim/aws-error.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';
import { loadFunctions, unloadFunctions } from '../proof/tenants/functions.ts';
import { captureLogs } from '../proof/tenants/log-capture.ts';

afterEach(unloadFunctions);

it('sends the email, and writes a log line with the metric of the alarm', async () => {
  const functions = await loadFunctions();
  functions.aws.errorFor = (_service, name) =>
    name === 'BatchGetCommand' ? awsError('InternalServerError', 'Try again') : undefined;
  const logs = captureLogs();
  let status = 0;
  try {
    const body = { from: 'you@example.com', to: ['ann@example.com'], subject: 'Hello', text: 'Hi' };
    const response = await functions.api({
      method: 'POST',
      path: '/v1/send',
      body,
      workspaceId: WORKSPACE_ID,
    });
    status = response.statusCode;
  } finally {
    logs.stop();
  }
  expect(status).toBe(202);
  const line = logs.lines().find((each) => each.includes('send.unchecked')) ?? '{}';
  expect(JSON.parse(line)).toMatchObject({ level: 'ERROR', [METRIC.recordsUncounted]: 1 });
});
