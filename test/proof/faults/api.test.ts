import { describe, expect } from 'vitest';
import { setUpApi } from '../../api/harness.ts';
import { fault } from './fault.ts';

const EMAIL = { from: 'you@example.com', to: ['ann@example.com'], subject: 'Hello', text: 'Hi' };

function sesError(name: string, status: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status } });
}

describe('POST /v1/send', () => {
  fault(32, async () => {
    const cases = [
      [sesError('TooManyRequestsException', 429), 503, 'unavailable', 0],
      [sesError('InternalServiceErrorException', 500), 503, 'unavailable', 0],
      [sesError('MessageRejected', 400), 422, 'message_rejected', 1],
      [sesError('SendingPausedException', 400), 422, 'sending_paused', 1],
      [Object.assign(new Error('timed out'), { name: 'TimeoutError' }), 503, 'outcome_unknown', 0],
    ] as const;
    const observed: string[] = [];
    for (const [error, status, code, failed] of cases) {
      const harness = setUpApi();
      harness.state.sesError = error;
      const post = () =>
        harness.sendRequest({
          method: 'POST',
          path: '/v1/send',
          body: EMAIL,
          headers: { 'Idempotency-Key': 'order-1' },
        });
      const response = await post();
      expect([response.status, response.body.error.code]).toEqual([status, code]);
      if (code === 'unavailable') expect(response.headers['retry-after']).toBeDefined();
      expect(harness.rows('event').filter((row) => row['event'] === 'failed')).toHaveLength(failed);
      if (code === 'outcome_unknown') {
        await post();
        expect(harness.emails).toHaveLength(1);
      }
      observed.push(`${error.name}: ${response.status} ${response.body.error.code}`);
    }
    return `${observed.join('; ')}; repeated after SES did not respond: 1 email`;
  });
});
