/** The API with counters of email, for tests of the reputation guard. */
import { marshall } from '@aws-sdk/util-dynamodb';
import type { EmailEvent, EventName } from '../../lambdas/core/events.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { tallyBatch } from '../../lambdas/tally/tally-batch.ts';
import { anEvent } from '../../sim/builders/events.ts';
import { NOW_MS, setUpApi, type ApiRequest } from './harness.ts';

export function setUpReputation() {
  const api = setUpApi();
  let sequence = 0;
  /** Counts events as tally does. Each event is of another message. */
  async function countEvents(
    event: EventName,
    times: number,
    changes: Partial<EmailEvent> = {},
  ): Promise<void> {
    const rows = Array.from({ length: times }, () => {
      sequence += 1;
      const stored = anEvent({
        event,
        details: {},
        timestamp: '2026-02-25T11:30:00Z',
        message_id: `m${sequence}`,
        event_id: `evt_${String(sequence)
          .padStart(26, 'a')
          .replaceAll(/[0189]/g, 'b')}`,
        ...changes,
      });
      return eventRows([stored], { retentionDays: 90, receivedAtMs: 0 })[0];
    });
    await tallyBatch(
      { table: api.table, retentionDays: 90, now: () => NOW_MS },
      {
        shardId: 'only',
        records: rows.map((row, index) => ({
          dynamodb: {
            NewImage: marshall(row, { removeUndefinedValues: true }) as never,
            SequenceNumber: String(sequence * 1000 + index),
          },
        })),
      },
    );
  }
  const call = (method: string, path: string, body?: object, rest: Partial<ApiRequest> = {}) =>
    api.sendRequest({ method, path: `/v1/reputation${path}`, ...(body && { body }), ...rest });
  return { ...api, countEvents, call };
}
