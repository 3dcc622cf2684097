import { describe, expect, it } from 'vitest';
import { sendIdOf } from '../../lambdas/core/sends.ts';

describe('sendIdOf', () => {
  it.each([
    ['returns the first value of the tag', { mail: { tags: { ivymail_send: ['ivm_a', 'ivm_b'] } } }, 'ivm_a'],
    ['returns undefined without the tag', { mail: { tags: { campaign: ['x'] } } }, undefined],
    ['returns undefined if the tag is empty', { mail: { tags: { ivymail_send: [] } } }, undefined],
    ['returns undefined if the tag is not a list', { mail: { tags: { ivymail_send: 'ivm_a' } } }, undefined],
    ['returns undefined for a legacy notification, which has no tags', { mail: {} }, undefined],
    ['returns undefined for JSON that is not an event', [], undefined],
  ])('%s', (_label, ses, id) => {
    expect(sendIdOf(JSON.stringify(ses))).toBe(id);
  });
});
