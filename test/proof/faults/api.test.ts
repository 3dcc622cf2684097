import { describe, expect } from 'vitest';
import { setUpApi } from '../../api/harness.ts';
import { fault } from './fault.ts';

const MAIL = { from: 'you@example.com', to: ['ann@example.com'], subject: 'Hello', text: 'Hi' };

function sesError(name: string, status: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status } });
}

describe('SES that', () => {
  fault(32, async () => {
    const faults = [
      [sesError('TooManyRequestsException', 429), 503, 'unavailable', 0],
      [sesError('InternalServiceErrorException', 500), 503, 'unavailable', 0],
      [sesError('MessageRejected', 400), 422, 'message_rejected', 1],
      [sesError('SendingPausedException', 400), 422, 'sending_paused', 1],
      [Object.assign(new Error('timed out'), { name: 'TimeoutError' }), 503, 'outcome_unknown', 0],
    ] as const;
    const seen: string[] = [];
    for (const [error, status, code, failed] of faults) {
      const world = setUpApi();
      world.state.sesError = error;
      const post = () =>
        world.sendRequest({
          method: 'POST',
          path: '/v1/send',
          body: MAIL,
          headers: { 'Idempotency-Key': 'order-1' },
        });
      const told = await post();
      expect([told.status, told.body.error.code]).toEqual([status, code]);
      if (code === 'unavailable') expect(told.headers['retry-after']).toBeDefined();
      expect(world.rows('event').filter((row) => row['event'] === 'failed')).toHaveLength(failed);
      if (code === 'outcome_unknown') {
        await post();
        expect(world.emails).toHaveLength(1);
      }
      seen.push(`${error.name}: ${told.status} ${told.body.error.code}`);
    }
    return `${seen.join('; ')}; asked again after no answer: 1 mail`;
  });
});
