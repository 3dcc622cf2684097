import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe } from 'vitest';
import { TALLY_FILTERS } from '../../lib/tally-stream.ts';
import { testStream } from '../conformance/stream.ts';
import { simulatedTable } from '../../sim/table.ts';
import { Clock } from '../../sim/clock.ts';
import { StreamReader, createStream } from '../../sim/stream.ts';

describe('the model of the stream', () => {
  testStream(
    async (consume) => {
      const clock = new Clock(0);
      const reader = new StreamReader({
        clock,
        shards: 3,
        filters: TALLY_FILTERS,
        batchSize: 100,
        parallelization: 4,
        consume: async ({ records }) => consume(records),
      });
      const table = simulatedTable();
      const { client, name: TableName } = table;
      table.onInsert = createStream([reader]);
      return {
        put: async (Item) => void (await client.send(new PutCommand({ TableName, Item }))),
        remove: async (Key) => void (await client.send(new DeleteCommand({ TableName, Key }))),
        until: (event, condition) => clock.until(event, condition),
        discardedCount: async () => reader.discarded.length,
      };
    },
    { resumes: true },
  );
});
