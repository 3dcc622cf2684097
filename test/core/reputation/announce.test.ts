import { describe, expect, it } from 'vitest';
import { announcementOf } from '../../../lambdas/core/reputation/announce.ts';
import { scopeIn } from './scopes.ts';

const reason = (severity: 'warning' | 'pause') => ({
  window: 'hour' as const,
  metric: 'bounce' as const,
  severity,
  rate: 0.2,
  limit: 0.1,
  count: 40,
  volume: 200,
});
const OK = scopeIn('ok');
const WARNING = scopeIn('warning', { reasons: [reason('warning')] });
const SEVERE = scopeIn('warning', { reasons: [reason('pause')] });
const MIXED = scopeIn('warning', { reasons: [reason('warning'), reason('pause')] });
const PAUSED = scopeIn('paused');

describe('a change of a scope', () => {
  it.each([
    ['ok → warning', OK, WARNING, 'reputation.warning'],
    ['ok → paused', OK, PAUSED, 'reputation.paused'],
    ['warning → paused', WARNING, PAUSED, 'reputation.paused'],
    ['paused → ok', PAUSED, OK, 'reputation.resumed'],
    ['warning → ok', WARNING, OK, undefined],
    ['ok → ok', OK, OK, undefined],
    ['paused → paused', PAUSED, PAUSED, undefined],
    ['a warning that reaches a pause limit', WARNING, SEVERE, 'reputation.warning'],
    ['a warning with two reasons of which one is a pause limit', WARNING, MIXED, 'reputation.warning'],
    ['a warning that reaches another pause limit', SEVERE, SEVERE, undefined],
    ['a warning that reaches another warning limit', WARNING, WARNING, undefined],
  ])('%s announces the right event', (_name, previous, next, expected) => {
    expect(announcementOf(previous, next)).toBe(expected);
  });
});
