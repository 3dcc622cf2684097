import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIMENSIONS, TAGS_MAX, valuesOf, type Dimension } from '../../lambdas/core/dimensions.ts';
import { EVENT_NAMES, type EmailEvent } from '../../lambdas/core/events.ts';
import { anEvent } from '../../sim/builders/events.ts';

function valuesIn(dimension: Dimension, changes: Partial<EmailEvent>): readonly (string | undefined)[] {
  return valuesOf(anEvent(changes)).flatMap((each) => (each.dimension === dimension ? [each.value] : []));
}

describe('valuesOf', () => {
  it('gives the provider of the recipient, and no value for an unknown provider', () => {
    expect(valuesIn('provider', { to: 'ann@hotmail.fr' })).toEqual(['microsoft']);
    expect(valuesIn('provider', { to: 'ann@example.com' })).toEqual([undefined]);
    const { to: _to, ...event } = anEvent();
    expect(valuesOf(event)).toContainEqual({ dimension: 'provider', value: undefined });
  });

  it('gives the canonical address of the sender', () => {
    expect(valuesIn('sender', { from: 'Shop <NoReply@Bücher.example>' })).toEqual([
      'noreply@xn--bcher-kva.example',
    ]);
    expect(valuesIn('sender', { from: '' })).toEqual(['(none)']);
  });

  it('gives each distinct tag once, and (none) without tags', () => {
    expect(
      valuesIn('tag', {
        tags: [
          ['campaign', 'a'],
          ['campaign', 'a'],
          ['team', 'b:c'],
        ],
      }),
    ).toEqual(['campaign:a', 'team:b:c']);
    expect(valuesIn('tag', { tags: [] })).toEqual(['(none)']);
    const { tags: _tags, ...event } = anEvent();
    expect(valuesOf(event)).toContainEqual({ dimension: 'tag', value: '(none)' });
  });

  it('gives the configuration set, and (none) without one', () => {
    expect(valuesIn('configuration_set', { configuration_set: 'marketing' })).toEqual(['marketing']);
    const { configuration_set: _set, ...event } = anEvent();
    expect(valuesOf(event)).toContainEqual({ dimension: 'configuration_set', value: '(none)' });
  });

  it('gives a reason only for a bounce and a delay', () => {
    for (const event of EVENT_NAMES) {
      const hasReason = ['bounced', 'soft_bounced', 'delayed'].includes(event);
      expect(valuesIn('reason', { event, details: { reason: 'mailbox_full' } })).toEqual(
        hasReason ? ['mailbox_full'] : [],
      );
    }
    expect(valuesIn('reason', { event: 'delayed', details: {} })).toEqual(['unknown']);
  });

  it('gives no value for a text of more than 128 bytes', () => {
    const long = (length: number) => valuesIn('configuration_set', { configuration_set: 'ü'.repeat(length) });
    expect(long(64)).toEqual(['ü'.repeat(64)]);
    expect(long(65)).toEqual([undefined]);
    expect(valuesIn('sender', { from: `${'a'.repeat(120)}@example.com` })).toEqual([undefined]);
    expect(
      valuesIn('tag', {
        tags: [
          ['n', 'v'.repeat(126)],
          ['n', 'v'.repeat(127)],
        ],
      }),
    ).toEqual([`n:${'v'.repeat(126)}`, undefined]);
  });

  it('gives a value to the first 32 tags of an event, and counts the others without one', () => {
    const tags = Array.from({ length: 10_000 }, (_, number) => ['n', String(number)] as const);
    const values = valuesIn('tag', { tags });
    expect(values).toHaveLength(10_000);
    expect(values.filter((value) => value !== undefined)).toHaveLength(TAGS_MAX);
  });

  it('throws for no text, and every value is at most 128 bytes long', () => {
    const text = fc.string({ unit: 'binary', maxLength: 400 });
    fc.assert(
      fc.property(text, text, text, fc.array(fc.tuple(text, text)), (to, from, set, tags) => {
        const values = valuesOf(anEvent({ to, from, configuration_set: set, tags }));
        for (const { dimension, value = '' } of values) {
          expect(DIMENSIONS).toContain(dimension);
          expect(Buffer.byteLength(value)).toBeLessThanOrEqual(128);
        }
      }),
    );
  });
});
