import { expect, it } from 'vitest';
import { noDeliveriesText } from '../../dashboard/text/no-deliveries.ts';

it.each([
  ['', null, null, 'No deliveries yet.'],
  ['held', null, null, 'No held deliveries.'],
  ['', 'older', null, 'No deliveries on this page. Older pages may contain some.'],
  ['held', 'older', 'newer', 'No held deliveries on this page. Older pages may contain some.'],
  ['', null, 'newer', 'No older deliveries.'],
  ['held', null, 'newer', 'No older held deliveries.'],
])(
  'an empty page with the filter %j, older page %j and newer page %j says: %s',
  (status, older, newer, text) => {
    expect(noDeliveriesText(status, { next_cursor: older, prev_cursor: newer })).toBe(text);
  },
);
