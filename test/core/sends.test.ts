import { describe, expect, it } from 'vitest';
import { sendIdOf } from '../../lambdas/core/sends.ts';

describe('the send an SES event names', () => {
  it.each([
    ['is the first value of its tag', { mail: { tags: { ivymail_send: ['ivm_a', 'ivm_b'] } } }, 'ivm_a'],
    ['is none without the tag', { mail: { tags: { campaign: ['x'] } } }, undefined],
    ['is none where the tag is empty', { mail: { tags: { ivymail_send: [] } } }, undefined],
    ['is none where the tag is no list', { mail: { tags: { ivymail_send: 'ivm_a' } } }, undefined],
    ['is none in a legacy notification, which has no tags', { mail: {} }, undefined],
    ['is none of what is no event', [], undefined],
  ])('%s', (_what, ses, id) => {
    expect(sendIdOf(JSON.stringify(ses))).toBe(id);
  });
});
