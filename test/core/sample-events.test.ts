import { describe, expect, it } from 'vitest';
import { EVENT_NAMES } from '../../lambdas/core/events.ts';
import { sampleEvent } from '../../lambdas/core/sample-events.ts';

const KNOWN = {
  event_id: 'evt_a',
  message_id: 'ivm_a',
  workspace_id: 'ws_a',
  timestamp: '2026-02-25T12:00:00Z',
};

describe('sampleEvent', () => {
  it.each(EVENT_NAMES.filter((name) => name !== 'unknown'))('makes a %s of what is known', (name) => {
    expect(sampleEvent(name, KNOWN)).toMatchObject({ ...KNOWN, event: name, to: expect.any(String) });
  });
});
