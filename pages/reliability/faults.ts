/**
 * The faults that this product must stand, and what is expected of it in each. `place` says what a row is run against:
 * `stack` the deployed local stack, `world` the simulated deployment of `test/proof/world`, `process` the product's own
 * functions in one process, over real sockets where there is a receiver. `because` says why a row is not run on the stack.
 */
export interface FaultRow {
  readonly number: number;
  readonly kind: 'URL' | 'DNS' | 'receiver' | 'signature' | 'API' | 'SES' | 'infrastructure';
  readonly fault: string;
  readonly expected: string;
  readonly place: 'stack' | 'world' | 'process';
  readonly because?: string;
  /** Where a part of it is run that `place` cannot show. */
  readonly also?: FaultRow['place'];
  /** Where what is expected differs from what the list of faults said, or the row leaves something of it to others. */
  readonly note?: string;
}

const STRICT = 'the local stack allows plain http and loopback, which a deployment refuses';
const OWN_NAMES = 'its names and addresses must be scripted';
const RAW = 'the receiver must misbehave below HTTP';
const BREAK_AWS = 'AWS itself must fail on command';
const NO_POLICY = 'the emulator enforces no policy';

export const FAULTS: readonly FaultRow[] = [
  {
    number: 1,
    kind: 'URL',
    fault: 'plain http',
    expected: '422 url_https_required, nothing stored',
    place: 'process',
    because: STRICT,
  },
  {
    number: 2,
    kind: 'URL',
    fault: 'a user name or password, also as a disguise of the host',
    expected: '422 invalid_field, url',
    place: 'process',
    because: STRICT,
    note: 'The list had a code of its own, `url_credentials_forbidden`. Here the field is named, and the message says what is wrong with it.',
  },
  {
    number: 3,
    kind: 'URL',
    fault: '12 spellings of loopback',
    expected: '422 url_address_forbidden, and no connection when sent to all the same',
    place: 'process',
    because: STRICT,
  },
  {
    number: 4,
    kind: 'URL',
    fault: 'metadata addresses, plain and wrapped (NAT64, 6to4, Teredo, ULA)',
    expected: '422 on create and PATCH; blocked by test, delivery and redelivery',
    place: 'process',
    because: STRICT,
  },
  {
    number: 5,
    kind: 'URL',
    fault: 'the edges of all special IPv4 ranges, ±1',
    expected: 'outside allowed, inside denied',
    place: 'process',
  },
  {
    number: 6,
    kind: 'URL',
    fault: 'file:, gopher:, javascript:, //x, port 0, port 99999; port 22',
    expected: '422 that names url; port 22 is taken',
    place: 'process',
    because: STRICT,
    note: 'The list refused port 22. Receivers behind a gateway have all kinds of ports, so any but 0 will do: what is guarded is the address, and nothing but TLS is spoken to it.',
  },
  {
    number: 7,
    kind: 'URL',
    fault: 'empty labels, 2,049 characters, %0d%0a, tab, NUL, a mixed-script name',
    expected: '422, or stored normalised; no line on the wire that is not ours',
    place: 'process',
    because: STRICT,
  },
  {
    number: 8,
    kind: 'DNS',
    fault: 'public when it was created, loopback when it is sent to',
    expected: 'blocked_address, counted once, no retry, no connection',
    place: 'process',
    because: OWN_NAMES,
    note: 'The list flagged the endpoint at once. Here a blocked attempt is a failure like any other: ten in a row open the breaker, and that is in the history of the endpoint.',
  },
  {
    number: 9,
    kind: 'DNS',
    fault: 'a public and a private address in one answer',
    expected: 'blocked_address',
    place: 'process',
    because: OWN_NAMES,
  },
  {
    number: 10,
    kind: 'DNS',
    fault: 'NXDOMAIN, SERVFAIL, a resolver that hangs',
    expected: 'three tries of our own, then a dns_error that counts, and a retry',
    place: 'process',
    because: OWN_NAMES,
    note: 'The list wanted SERVFAIL to use up no attempt. Our resolver does not know whose trouble it is: it asks three times, which takes 1.8 s where nothing answers, and then the attempt counts. The deadline of the attempt stands still in this test, so that the resolver alone ends it.',
  },
  {
    number: 11,
    kind: 'receiver',
    fault: '301, 302, 307 and 308 to a second receiver',
    expected: 'redirect_not_followed, and nothing at the second',
    place: 'stack',
  },
  {
    number: 12,
    kind: 'receiver',
    fault: 'takes the connection and never answers',
    expected: 'timeout at 15 s, next retry scheduled',
    place: 'stack',
    note: 'The list allowed a second more or less. Asserted is 14.9 to 20 s: two clocks, and a machine that is busy.',
  },
  {
    number: 13,
    kind: 'receiver',
    fault: 'drips headers, drips the body, 103 without end',
    expected: 'over at the deadline, whatever comes',
    place: 'process',
    because: RAW,
    note: 'The list had `timeout` for all three. Where the body drips, the status was heard before: it is what counts, at the same deadline.',
  },
  {
    number: 14,
    kind: 'receiver',
    fault: 'a body without end, gzip bombs, a length of 100 TB, 200 KB of headers',
    expected:
      'reading ends with the piece that passes 16 KiB; a 2xx stays delivered; at most 20 MB more of memory',
    place: 'process',
    because: RAW,
    note: 'The piece is what node reads at once, 64 KiB at the most. The list wanted it noted where an answer was too large: nothing notes it, and of any answer 1 KiB is kept.',
  },
  {
    number: 15,
    kind: 'receiver',
    fault: '2xx, then a reset in the body',
    expected: 'delivered, no retry',
    place: 'process',
    because: RAW,
  },
  {
    number: 16,
    kind: 'receiver',
    fault: 'certificates that are expired, self-signed or another host’s; TLS 1.0 and 1.1; no TLS',
    expected: 'tls_error with the reason, retried; nothing sent in clear',
    place: 'process',
    because: RAW,
  },
  {
    number: 17,
    kind: 'receiver',
    fault: '429 with Retry-After 120, a date, -5, 1e309, abc, 999999999999',
    expected: 'between the schedule and 6 h; nonsense passed over',
    place: 'process',
    because: RAW,
    note: 'The list clamped it to twice the scheduled delay. Here a receiver may ask for as much as 6 h.',
  },
  {
    number: 18,
    kind: 'receiver',
    fault: '410',
    expected:
      'endpoint disabled at once, told once; what waits is held; later events make no delivery, recover does',
    place: 'stack',
    also: 'world',
    note: 'What waits for a retry becomes `held` when that is due, and nothing is sent. It is told by the metric of the alarm “A webhook endpoint was disabled”, and by a line in the history of the endpoint.',
  },
  {
    number: 19,
    kind: 'receiver',
    fault: '500 three times, then 200',
    expected: '4 attempts, one webhook-id, 4 signatures that verify, delivered',
    place: 'stack',
    note: 'Two attempts within a second have one signature: the waits are shortened here, so signatures are held against the seconds they were made in.',
  },
  {
    number: 20,
    kind: 'receiver',
    fault: '500 for ever',
    expected: 'exactly 4 attempts, exhausted; redelivered once it is healed',
    place: 'stack',
    note: 'The list wanted a row in a dead-letter queue. Here the delivery itself is kept as `exhausted`: listed, alarmed, and sent again on request.',
  },
  {
    number: 21,
    kind: 'receiver',
    fault: 'takes the event, then drops the connection',
    expected:
      'a second request by itself with the same webhook-id, both recorded; who drops repeats counts one',
    place: 'process',
    because: RAW,
    also: 'world',
  },
  {
    number: 22,
    kind: 'signature',
    fault: 'rotation with an overlap, under load',
    expected: 'every request verifies with the old and the new secret; after it only with the new',
    place: 'stack',
  },
  {
    number: 23,
    kind: 'signature',
    fault: 'a secret of one’s own: whsec_!!!!, 8 bytes, 65 bytes, empty',
    expected: '422: secrets are only made, never taken',
    place: 'stack',
    note: 'The list took secrets of one’s own, and refused bad ones as `invalid_secret`. Here even a good one is refused.',
  },
  {
    number: 24,
    kind: 'signature',
    fault: 'bodies with emoji, a lone surrogate, U+2028, 1 MB, `{}`, nothing',
    expected: 'verified by our verifier and two libraries',
    place: 'process',
  },
  {
    number: 25,
    kind: 'API',
    fault: 'a key that is missing, mistyped, unknown, revoked',
    expected: '401 without, 403 with equal answers',
    place: 'stack',
    note: 'That a key with a wrong checksum costs no read is shown by the group “Keys”.',
  },
  {
    number: 26,
    kind: 'API',
    fault: 'tenant A asks for B’s webhook, delivery, message and suppression',
    expected: '404, byte-equal to an unknown id',
    place: 'stack',
    note: 'The list wanted a row of audit. None is written: the log line of the request has its workspace, its route and 404.',
  },
  {
    number: 27,
    kind: 'API',
    fault: 'a cursor of B in A, bit-flipped, of another filter, a raw key',
    expected: '400 invalid_cursor',
    place: 'stack',
    note: 'The list had cursors expire. These do not: in them is a position, which is a time and an id, and as good tomorrow; the key is checked with every request.',
  },
  {
    number: 28,
    kind: 'API',
    fault: 'GET logs then POST webhooks with one key; then the key is revoked',
    expected: 'both go through; refused within the stated minute',
    place: 'stack',
  },
  {
    number: 29,
    kind: 'API',
    fault: '`__proto__`, doubled names, depth 10,000, 2^63, too long, bad UTF-8, wrong content type',
    expected: '4xx, never a 5xx',
    place: 'stack',
    note: 'The list wanted each answer within 50 ms. That is not asserted: it would be the time of an emulator on two cores. A body may have 4 MiB, for the attachments of a mail.',
  },
  {
    number: 30,
    kind: 'API',
    fault: 'CR, LF or NUL in subject and headers; 51 recipients; unverified from',
    expected: '422 that names the field; no mail',
    place: 'stack',
    note: 'The list wanted SES never asked. Only SES knows who is verified, so of an unverified `from` it is asked, once; it sends nothing.',
  },
  {
    number: 31,
    kind: 'API',
    fault: 'one Idempotency-Key twice, with another body, twice at once',
    expected: 'one mail; the stored answer, 409, one winner',
    place: 'stack',
  },
  {
    number: 32,
    kind: 'API',
    fault: 'SES throttles, refuses, or gives no answer after it was asked',
    expected: '503 with Retry-After, 422, 503 outcome_unknown and no second mail',
    place: 'process',
    because: BREAK_AWS,
    note: 'The list kept a row `unknown` for a mail in doubt. None is written: if SES did take it, what SES publishes becomes its rows.',
  },
  {
    number: 33,
    kind: 'SES',
    fault: 'an unknown type, no mail object, a legacy notification, no JSON, an envelope, 256 KB',
    expected: 'stored or quarantined with a reason; neighbours stored',
    place: 'stack',
  },
  {
    number: 34,
    kind: 'SES',
    fault: 'every order of Send, Delay, Delivery, Bounce, Complaint, Open, Click, with repeats',
    expected: 'one status, and the same counters',
    place: 'process',
  },
  {
    number: 35,
    kind: 'SES',
    fault: 'a bounce of two recipients and a delivery to a third; mixed case, plus tags',
    expected: 'each its own status; suppressed once, in canonical form',
    place: 'stack',
  },
  {
    number: 36,
    kind: 'SES',
    fault: 'a message through another topic, or from another account',
    expected: 'denied by policy; what names another topic is quarantined',
    place: 'process',
    because: NO_POLICY,
    note: 'The list dropped what names another topic. Here it is quarantined, with an alarm, for a person to look at.',
  },
  {
    number: 37,
    kind: 'infrastructure',
    fault: 'one poison message in ten; a process that ends after it stored and before it said so',
    expected: 'nine stored once, the tenth quarantined; the repetition changes nothing',
    place: 'world',
    because: BREAK_AWS,
  },
  {
    number: 38,
    kind: 'infrastructure',
    fault: 'DynamoDB or KMS down for a minute, half of all starts throttled',
    expected: 'the backlog drains, no attempt used up, nothing lost',
    place: 'world',
    because: BREAK_AWS,
  },
  {
    number: 39,
    kind: 'infrastructure',
    fault: 'a process ends at any step',
    expected: 'nothing lost, one more request at the most',
    place: 'world',
    because: BREAK_AWS,
    note: 'The list had a sweeper mend what is left within ten minutes. Here nothing is left: whoever ended is started again by what called it.',
  },
  {
    number: 40,
    kind: 'infrastructure',
    fault:
      'one endpoint hangs, by a steady stream or with thousands at once; 99 are well; the account has 1,000 invocations',
    expected:
      'steady: the others’ p99 within 2× of without it; flood: the breaker opens, the rest is held and drained, none lost, and the others wait two minutes at most and lose no attempt',
    place: 'world',
    because: BREAK_AWS,
    note: 'The list wanted 2× with 10,000 queued. Invocations are the account’s: a flood uses them up until the breaker opens (docs/adr/0019-hanging-receivers.md).',
  },
];
