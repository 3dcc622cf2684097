import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalize } from '../../lambdas/ingest/normalize.ts';
import { RAW_DICTIONARIES } from '../../lambdas/core/raw-dictionary.ts';
import { packRawEvent, rawContext, unpackRawEvent } from '../../lambdas/core/raw-event.ts';
import type { Pairs } from '../../lambdas/core/tags.ts';
import { anEvent } from '../../sim/builders/events.ts';
import { randomSesEvents } from '../../sim/ses/random-events.ts';

function contextOf(ses: object): string {
  const [event] = normalize({ ...ses }).events;
  return rawContext({ ...anEvent(), ...event });
}

describe('a raw event', () => {
  it('of an unknown dictionary version cannot be unpacked', () => {
    const packed = packRawEvent('{}', '');
    packed[0] = 255;
    expect(() => unpackRawEvent(packed, '')).toThrow('version 255');
  });

  it('cannot be unpacked with another context', () => {
    const [ses = {}] = randomSesEvents({ seed: 8, count: 1 });
    const packed = packRawEvent(JSON.stringify(ses), contextOf(ses));
    for (const context of ['', contextOf(ses).toUpperCase(), `${contextOf(ses)} `]) {
      expect(() => unpackRawEvent(packed, context)).toThrow(Error);
    }
  });

  it('has a context that does not depend on the order of a map', () => {
    const reversed = (map: object) => Object.fromEntries(Object.entries(map).toReversed());
    const topics = [{ name: 'Offers', status: 'OptOut' }];
    const tags: Pairs = [
      ['a', '1'],
      ['b', '2'],
    ];
    const event = anEvent({ tags, details: { contact_list: 'Newsletter', topics } });
    const other = {
      ...event,
      tags: tags.toReversed(),
      details: { ...reversed(event.details), topics: topics.map((topic) => reversed(topic) as typeof topic) },
    };
    expect(rawContext(other)).toBe(rawContext(event));
  });

  it('is unpacked byte for byte, for any text and any context', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, context) => {
        expect(unpackRawEvent(packRawEvent(text, context), context)).toBe(text);
      }),
    );
  });

  it('is unpacked if it is much larger than the compression window', () => {
    const text = JSON.stringify(randomSesEvents({ seed: 5, count: 200 }));
    expect(text.length).toBeGreaterThan(200_000);
    expect(unpackRawEvent(packRawEvent(text, ''), '')).toBe(text);
  });

  it('of a realistic sender is packed to less than a third of its size', () => {
    const events = randomSesEvents({ seed: 21, count: 300 });
    let texts = 0;
    let packed = 0;
    for (const ses of events) {
      const text = JSON.stringify(ses);
      const bytes = packRawEvent(text, contextOf(ses));
      expect(unpackRawEvent(bytes, contextOf(ses))).toBe(text);
      texts += Buffer.byteLength(text);
      packed += bytes.byteLength;
    }
    expect(packed / texts).toBeLessThan(1 / 3);
  });
});

describe('a released dictionary', () => {
  it('never changes, because stored rows were packed with it', () => {
    const hashes = [...RAW_DICTIONARIES].map(([version, words]) => [
      version,
      createHash('sha256').update(words).digest('hex').slice(0, 16),
    ]);
    expect(hashes).toEqual([[1, 'f9eff9e29404481d']]);
  });
});
