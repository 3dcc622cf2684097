/**
 * How the tally function reads the table's stream. The model of a deployment and the cost page use the same values.
 */
import { KIND } from '../lambdas/store/keys.ts';

/**
 * A batch waits at most this long for more records, so counters can be a minute late. A batch costs two write units for each row of
 * counters and for its checkpoint, whatever the number of its records. The events of an email and the deliveries of its webhooks
 * have the same partition key, so they are in the same shard. In a trickle, most of them share one batch.
 */
export const TALLY_WINDOW_SECONDS = 60;

/**
 * Counters are written once per batch, so a larger batch costs less. Lambda sends fewer records if their payload reaches 6 MB,
 * so large rows do not exceed the limit of an invocation.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
 */
export const TALLY_BATCH_SIZE = 1_000;

/**
 * New events, first delays, new attempts, and new deliveries whose row contains an attempt. `INSERT` matches only a new key. A duplicate SES
 * message has the same key, so it is not counted twice. Of a delivery, the filter tests a field inside the attempt, because
 * Lambda's `exists` matches only a value without fields.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
 */
export const TALLY_FILTERS = [
  {
    eventName: ['INSERT'],
    dynamodb: { NewImage: { kind: { S: [KIND.event, KIND.attempt, KIND.firstDelay] } } },
  },
  {
    eventName: ['INSERT'],
    dynamodb: {
      NewImage: {
        kind: { S: [KIND.delivery] },
        attempt: { M: { started_at: { S: [{ exists: true }] } } },
      },
    },
  },
] as const;
