import { expect, it } from 'vitest';
import { noDeliveriesText } from '../../dashboard/text/no-deliveries.ts';

it.each([
  ['', null, null, 'No deliveries yet.'],
  ['held', null, null, 'No deliveries with status held.'],
  ['', 'older', null, 'No deliveries on this page. Older pages may contain some.'],
  ['held', 'older', 'newer', 'No deliveries with status held on this page. Older pages may contain some.'],
  ['', null, 'newer', 'No older deliveries.'],
  ['held', null, 'newer', 'No older deliveries with status held.'],
])(
  'an empty page with the filter %j, older page %j and newer page %j says: %s',
  (status, older, newer, text) => {
    expect(noDeliveriesText(status, { next_cursor: older, prev_cursor: newer })).toBe(text);
  },
);
