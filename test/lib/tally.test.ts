import { describe, expect, it } from 'vitest';
import { TALLY_WINDOW_SECONDS } from '../../lib/tally-stream.ts';
import { resource, templateOf } from '../../pages/template.ts';

const template = templateOf();

interface Mapping {
  readonly EventSourceArn: unknown;
  readonly ParallelizationFactor: number;
  readonly BatchSize: number;
  readonly MaximumBatchingWindowInSeconds: number;
  readonly TumblingWindowInSeconds: number;
  readonly FilterCriteria?: { readonly Filters: readonly { readonly Pattern: string }[] };
}

function mappingOf(given = template): Mapping {
  const { Properties } = resource(given, 'AWS::Lambda::EventSourceMapping', 'IvyTallyFunction');
  return Properties as unknown as Mapping;
}
const mapping = mappingOf();

describe('tally', () => {
  it('has a tumbling window, which adds the shard to each batch, and one reader per shard', () => {
    // Lambda permits up to 900 seconds. A batch is split at the end of a tumbling window.
    expect(mapping.TumblingWindowInSeconds).toBe(900);
    expect(mapping.ParallelizationFactor).toBe(1);
  });

  it('waits up to a minute for a full batch', () => {
    expect(mapping).toMatchObject({ BatchSize: 1_000, MaximumBatchingWindowInSeconds: TALLY_WINDOW_SECONDS });
    expect(TALLY_WINDOW_SECONDS).toBe(60);
  });

  it('reads only new events, first delays, new attempts, and new deliveries that contain an attempt', () => {
    const patterns = mapping.FilterCriteria?.Filters.map(({ Pattern }) => JSON.parse(Pattern) as unknown);
    expect(patterns).toEqual([
      { eventName: ['INSERT'], dynamodb: { NewImage: { kind: { S: ['event', 'attempt', 'first_delay'] } } } },
      {
        eventName: ['INSERT'],
        dynamodb: {
          NewImage: {
            kind: { S: ['delivery'] },
            attempt: { M: { started_at: { S: [{ exists: true }] } } },
          },
        },
      },
    ]);
  });

  it('is the second reader of the stream, which supports two', () => {
    const mappings = Object.values(template.findResources('AWS::Lambda::EventSourceMapping'));
    const streams = mappings.filter((each) => JSON.stringify(each).includes('StreamArn'));
    expect(streams).toHaveLength(2);
  });
});
