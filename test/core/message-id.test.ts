import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bareMessageId } from '../../lambdas/core/message-id.ts';

const ID = '0100019c1e5b7d2a-6f9e2d1c-8a4b-4c3d-9e8f-7a6b5c4d3e2f-000000';

describe('bareMessageId', () => {
  it('returns the id from every form of a pasted Message-ID header', () => {
    const spelling = fc.record({
      id: fc.stringMatching(/^[0-9a-f-]{1,60}$/),
      domain: fc
        .constantFrom('email', 'us-west-2', 'eu-central-1', 'ap-southeast-2', 'us-gov-west-1')
        .chain((region) => fc.mixedCase(fc.constant(`${region}.amazonses.com`))),
      brackets: fc.boolean(),
      space: fc.constantFrom('', ' ', '\n'),
    });
    fc.assert(
      fc.property(spelling, ({ id, domain, brackets, space }) => {
        const pasted = `${id}@${domain}`;
        expect(bareMessageId(space + (brackets ? `<${pasted}>` : pasted) + space)).toBe(id);
        expect(bareMessageId(id)).toBe(id);
      }),
    );
  });

  it.each([
    ID,
    'ivm_kq7zq5h3m2x4c6v7b2n3m4a5s6',
    `${ID}@example.com`,
    `${ID}@email.amazonses.com.example.com`,
    `${ID}@emailamazonses.com`,
    `${ID}@amazonses.com`,
    '@email.amazonses.com',
    '<@email.amazonses.com>',
    `<${ID}>`,
    `<${ID}@example.com>`,
    `a b@email.amazonses.com`,
    `a@b@email.amazonses.com`,
    'amazonses.com',
    ' ',
    'constructor',
  ])('returns %j unchanged, which is not a Message-ID header of SES', (text) => {
    expect(bareMessageId(text)).toBe(text);
  });
});
