import { describe, expect, it } from 'vitest';
import { resource, templateOf } from '../../pages/template.ts';

const template = templateOf();

interface Mapping {
  readonly EventSourceArn: unknown;
  readonly ParallelizationFactor: number;
  readonly TumblingWindowInSeconds?: number;
  readonly FilterCriteria?: { readonly Filters: readonly { readonly Pattern: string }[] };
}

const mapping = resource(template, 'AWS::Lambda::EventSourceMapping', 'IvyTallyFunction')
  .Properties as unknown as Mapping;

describe('tally', () => {
  it('has a window, which adds the shard to each batch, and one reader per shard', () => {
    expect(mapping.TumblingWindowInSeconds).toBeGreaterThan(0);
    expect(mapping.ParallelizationFactor).toBe(1);
  });

  it('reads only new events and attempts, not its own writes', () => {
    const [filter] = mapping.FilterCriteria?.Filters ?? [];
    expect(JSON.parse(filter?.Pattern ?? '')).toEqual({
      eventName: ['INSERT'],
      dynamodb: { NewImage: { kind: { S: ['event', 'attempt'] } } },
    });
  });

  it('is the second reader of the stream, which supports two', () => {
    const mappings = Object.values(template.findResources('AWS::Lambda::EventSourceMapping'));
    const streams = mappings.filter((each) => JSON.stringify(each).includes('StreamArn'));
    expect(streams).toHaveLength(2);
  });
});
