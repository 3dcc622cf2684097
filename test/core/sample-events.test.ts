import { describe, expect, it } from 'vitest';
import { EVENT_NAMES } from '../../lambdas/core/events.ts';
import { sampleEvent } from '../../lambdas/core/sample-events.ts';

const IDENTITY = {
  event_id: 'evt_a',
  message_id: 'ivm_a',
  workspace_id: 'ws_a',
  timestamp: '2026-02-25T12:00:00Z',
};

describe('sampleEvent', () => {
  it.each(EVENT_NAMES.filter((name) => name !== 'unknown'))(
    'makes a %s event with the given ids and time',
    (name) => {
      expect(sampleEvent(name, IDENTITY)).toMatchObject({ ...IDENTITY, event: name, to: expect.any(String) });
    },
  );
});
