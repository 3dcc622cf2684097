/**
 * The faults that the product must handle, and the expected result of each. `npm run soak` writes them to docs/generated/reliability.md.
 */
export interface FaultRow {
  readonly number: number;
  readonly kind: 'URL' | 'DNS' | 'receiver' | 'signature' | 'API' | 'SES' | 'infrastructure';
  readonly fault: string;
  readonly expected: string;
  /**
   * Where the test runs. `stack`: the deployed local stack. `simulation`: the simulated deployment of `sim/world.ts`. `process`: the
   * product's functions in the process of the test, with real sockets if there is a receiver.
   */
  readonly environment: 'stack' | 'simulation' | 'process';
  /** Why the test does not run on the stack. */
  readonly reason?: string;
  /** A second environment, for a part of the fault that `environment` cannot show. */
  readonly secondEnvironment?: FaultRow['environment'];
  /** How the expected result differs from the original list of faults, or which other test covers a part of the row. */
  readonly note?: string;
}

const STACK_IS_LENIENT = 'the local stack allows plain http and loopback, which a deployment refuses';
const CONTROLS_DNS = 'the test must control names and addresses';
const BELOW_HTTP = 'the receiver must misbehave below HTTP';
const AWS_FAILS = 'AWS must fail on command';
const NO_POLICIES = 'the emulator enforces no policies';

export const FAULTS: readonly FaultRow[] = [
  {
    number: 1,
    kind: 'URL',
    fault: 'URL with plain `http`',
    expected: '422 `url_https_required`. Nothing is stored.',
    environment: 'process',
    reason: STACK_IS_LENIENT,
  },
  {
    number: 2,
    kind: 'URL',
    fault: 'URL with a user name or password, also one that disguises the host',
    expected: '422 `invalid_field` for `url`.',
    environment: 'process',
    reason: STACK_IS_LENIENT,
    note: 'The original list had a separate error code, `url_credentials_forbidden`. The product returns `invalid_field` with the name of the field, and the message says what is wrong.',
  },
  {
    number: 3,
    kind: 'URL',
    fault: 'URL with a loopback address, in 12 spellings',
    expected: '422 `url_address_forbidden`. No connection, even if the URL was stored before.',
    environment: 'process',
    reason: STACK_IS_LENIENT,
  },
  {
    number: 4,
    kind: 'URL',
    fault: 'URL with a metadata address, plain or embedded in another address (NAT64, 6to4, Teredo, ULA)',
    expected: '422 on create and PATCH. Test, delivery and redelivery are blocked.',
    environment: 'process',
    reason: STACK_IS_LENIENT,
  },
  {
    number: 5,
    kind: 'URL',
    fault: 'Addresses at the edges of all special IPv4 ranges, ±1',
    expected: 'Addresses outside a range are allowed. Addresses inside are denied.',
    environment: 'process',
  },
  {
    number: 6,
    kind: 'URL',
    fault: '`file:`, `gopher:`, `javascript:`, `//x`, port 0, port 99999; port 22',
    expected: '422 that names `url`. Port 22 is accepted.',
    environment: 'process',
    reason: STACK_IS_LENIENT,
    note: 'The original list refused port 22. The product accepts every port except 0, because receivers behind a gateway use all kinds of ports. The guard checks the address, and the sender speaks only TLS.',
  },
  {
    number: 7,
    kind: 'URL',
    fault: 'URL with empty labels, 2,049 characters, `%0d%0a`, a tab, NUL, or a host name in mixed scripts',
    expected: '422, or stored in normalized form. The request on the wire contains no injected line.',
    environment: 'process',
    reason: STACK_IS_LENIENT,
  },
  {
    number: 8,
    kind: 'DNS',
    fault: 'Name that is public when the endpoint is created, and loopback when the webhook is sent',
    expected: '`blocked_address`, counted once. No retry and no connection.',
    environment: 'process',
    reason: CONTROLS_DNS,
    note: 'The original list flagged the endpoint at once. The product counts a blocked attempt like any other failure: ten in a row open the breaker, and the endpoint history shows it.',
  },
  {
    number: 9,
    kind: 'DNS',
    fault: 'Name with a public and a private address in one response',
    expected: '`blocked_address`.',
    environment: 'process',
    reason: CONTROLS_DNS,
  },
  {
    number: 10,
    kind: 'DNS',
    fault: 'NXDOMAIN, SERVFAIL, a name server that does not respond',
    expected:
      'The resolver tries three times (after NXDOMAIN once). Then the attempt counts as `dns_error` and is retried.',
    environment: 'process',
    reason: CONTROLS_DNS,
    note: 'In the original list, SERVFAIL did not use up an attempt. The product’s resolver cannot know which side caused the failure, so it tries three times (1.8 s if no server responds), and then the attempt counts. This test stops the deadline of the attempt, so that only the resolver can end the attempt.',
  },
  {
    number: 11,
    kind: 'receiver',
    fault: '301, 302, 307 and 308 to a second receiver',
    expected: '`redirect_not_followed`. The second receiver gets no request.',
    environment: 'stack',
  },
  {
    number: 12,
    kind: 'receiver',
    fault: 'Receiver that accepts the connection and never responds',
    expected: '`timeout` after 15 s. The next retry is scheduled.',
    environment: 'stack',
    note: 'The original list allowed a deviation of one second. The test allows 14.9 to 20 s, because it compares two clocks on a busy machine.',
  },
  {
    number: 13,
    kind: 'receiver',
    fault: 'Headers, a body or 103 responses that arrive slowly and never end',
    expected: 'The attempt ends at the deadline.',
    environment: 'process',
    reason: BELOW_HTTP,
    note: 'The original list expected `timeout` for all three. If only the body is slow, the status has already arrived. At the deadline, that status decides the outcome.',
  },
  {
    number: 14,
    kind: 'receiver',
    fault: 'Endless body, gzip bombs, a content length of 100 TB, 200 KB of headers',
    expected:
      'Reading ends with the chunk that passes 16 KiB. A 2xx stays delivered. Memory grows by at most 20 MB.',
    environment: 'process',
    reason: BELOW_HTTP,
    note: 'A chunk is what Node reads at once, at most 64 KiB. The original list recorded that a response was too large. The product does not record it, and stores at most 1 KiB of every response.',
  },
  {
    number: 15,
    kind: 'receiver',
    fault: '2xx, then a connection reset in the body',
    expected: 'Delivered, without a retry.',
    environment: 'process',
    reason: BELOW_HTTP,
  },
  {
    number: 16,
    kind: 'receiver',
    fault:
      'Certificate that is expired, self-signed or for another host; TLS 1.0 and 1.1; a receiver without TLS',
    expected: '`tls_error` with the reason, and a retry. Nothing is sent in clear text.',
    environment: 'process',
    reason: BELOW_HTTP,
  },
  {
    number: 17,
    kind: 'receiver',
    fault: '429 with `Retry-After` of 120, a date, -5, 1e309, abc, 999999999999',
    expected: 'The delay is between the scheduled delay and 6 h. Invalid values are ignored.',
    environment: 'process',
    reason: BELOW_HTTP,
    note: 'The original list limited the delay to twice the scheduled delay. The product lets a receiver request up to 6 h.',
  },
  {
    number: 18,
    kind: 'receiver',
    fault: '410',
    expected:
      'The endpoint is disabled at once and reported once. Waiting deliveries become `held`. Later events make no delivery, but `recover` delivers them.',
    environment: 'stack',
    secondEnvironment: 'simulation',
    note: 'A delivery that waits for a retry becomes `held` when the retry is due, and nothing is sent. The metric of the alarm “A webhook endpoint was disabled” and an entry in the endpoint history report it.',
  },
  {
    number: 19,
    kind: 'receiver',
    fault: '500 three times, then 200',
    expected: '4 attempts with one `webhook-id`, 4 signatures that verify, delivered.',
    environment: 'stack',
    note: 'Two attempts within the same second have the same signature. The local stack shortens the waits, so the test compares the number of signatures with the number of seconds in which they were made.',
  },
  {
    number: 20,
    kind: 'receiver',
    fault: '500 on every attempt',
    expected: 'Exactly 4 attempts, then `exhausted`. A redelivery succeeds after the receiver works again.',
    environment: 'stack',
    note: 'The original list wanted a message in a dead-letter queue. The product keeps the delivery itself as `exhausted`: it is listed, it raises an alarm, and it can be sent again on request.',
  },
  {
    number: 21,
    kind: 'receiver',
    fault: 'Receiver that accepts the event, then drops the connection',
    expected:
      'A second request is sent automatically with the same `webhook-id`, and both attempts are recorded. A receiver that ignores repeated ids processes one event.',
    environment: 'process',
    reason: BELOW_HTTP,
    secondEnvironment: 'simulation',
  },
  {
    number: 22,
    kind: 'signature',
    fault: 'Secret rotation with an overlap, under load',
    expected:
      'During the overlap, every request verifies with the old and the new secret. After it, only with the new one.',
    environment: 'stack',
  },
  {
    number: 23,
    kind: 'signature',
    fault: 'Secret chosen by the client: `whsec_!!!!`, 8 bytes, 65 bytes, empty',
    expected: '422. The product only generates secrets and never accepts one.',
    environment: 'stack',
    note: 'The original list accepted secrets from the client, and refused bad ones as `invalid_secret`. The product refuses valid ones, too.',
  },
  {
    number: 24,
    kind: 'signature',
    fault: 'Body with emoji, a lone surrogate, U+2028, 1 MB, `{}`, or no bytes',
    expected: 'Our verifier and two libraries accept the signature.',
    environment: 'process',
  },
  {
    number: 25,
    kind: 'API',
    fault: 'API key that is missing, mistyped, unknown or revoked',
    expected: '401 if it is missing, otherwise 403 with identical responses.',
    environment: 'stack',
    note: 'The section “API keys and secrets” shows that a key with a wrong checksum costs no read.',
  },
  {
    number: 26,
    kind: 'API',
    fault: 'Tenant A requests the webhook, delivery, message and suppression of tenant B',
    expected: '404, byte for byte the response to an unknown id.',
    environment: 'stack',
    note: 'The original list wanted an audit row. The product writes none. The log line of the request contains the workspace, the route and 404.',
  },
  {
    number: 27,
    kind: 'API',
    fault: 'Cursor of tenant B used by tenant A, with a flipped bit, of another filter, or a raw table key',
    expected: '400 `invalid_cursor`.',
    environment: 'stack',
    note: 'In the original list, cursors expired. The product’s cursors do not expire: a cursor contains a position, which is a time and an id, and stays valid. Every request checks the API key.',
  },
  {
    number: 28,
    kind: 'API',
    fault: 'GET logs, then POST webhooks with the same key; then the key is revoked',
    expected: 'Both requests succeed. The revoked key is refused within the documented minute.',
    environment: 'stack',
  },
  {
    number: 29,
    kind: 'API',
    fault:
      'JSON with `__proto__`, duplicate names, a depth of 10,000, 2^63; too long; invalid UTF-8; wrong content type',
    expected: '4xx, never 5xx.',
    environment: 'stack',
    note: 'The original list wanted each response within 50 ms. The test does not check the time, because it would measure an emulator on two cores. A body may have 4 MiB, because an email may have attachments.',
  },
  {
    number: 30,
    kind: 'API',
    fault: 'CR, LF or NUL in the subject and headers; 51 recipients; unverified `from`',
    expected: '422 that names the field. No email is sent.',
    environment: 'stack',
    note: 'In the original list, SES was never called. Only SES knows which identities are verified, so for an unverified `from` the product calls SES once. SES sends nothing.',
  },
  {
    number: 31,
    kind: 'API',
    fault: 'One `Idempotency-Key` twice, with another body, and twice at once',
    expected:
      'One email. The repetition returns the stored response. Another body returns 409. Of concurrent requests, one succeeds.',
    environment: 'stack',
  },
  {
    number: 32,
    kind: 'API',
    fault: 'SES throttles, rejects the email, or does not respond',
    expected: '503 with `Retry-After`; 422; 503 `outcome_unknown` and no second email.',
    environment: 'process',
    reason: AWS_FAILS,
    note: 'The original list stored a row `unknown` if the outcome of a send was unknown. The product stores none. If SES did accept the email, the events that SES publishes become its rows.',
  },
  {
    number: 33,
    kind: 'SES',
    fault: 'Unknown event type, no `mail` object, legacy notification, invalid JSON, SNS envelope, 256 KB',
    expected: 'Stored, or quarantined with a reason. The other messages of the batch are stored.',
    environment: 'stack',
  },
  {
    number: 34,
    kind: 'SES',
    fault: 'Send, Delay, Delivery, Bounce, Complaint, Open and Click in every order, with repetitions',
    expected: 'Always the same status and the same counters.',
    environment: 'process',
  },
  {
    number: 35,
    kind: 'SES',
    fault: 'Bounce of two recipients and delivery to a third; mixed case, plus tags',
    expected: 'Each recipient has its own status. Each address is suppressed once, in canonical form.',
    environment: 'stack',
  },
  {
    number: 36,
    kind: 'SES',
    fault: 'Message from another topic, or from another account',
    expected: 'A policy denies it. A message that names another topic is quarantined.',
    environment: 'process',
    reason: NO_POLICIES,
    note: 'The original list dropped a message that names another topic. The product quarantines it and raises an alarm, so that an operator can examine it.',
  },
  {
    number: 37,
    kind: 'infrastructure',
    fault:
      'One unreadable message in ten; a process that ends after it stored the rows and before it responded',
    expected: 'Nine are stored once, and the tenth is quarantined. The repetition changes nothing.',
    environment: 'simulation',
    reason: AWS_FAILS,
  },
  {
    number: 38,
    kind: 'infrastructure',
    fault: 'DynamoDB or KMS is down for a minute; half of all starts of executions are throttled',
    expected: 'The backlog is processed, no attempt is used up, and nothing is lost.',
    environment: 'simulation',
    reason: AWS_FAILS,
  },
  {
    number: 39,
    kind: 'infrastructure',
    fault: 'A process ends at any step',
    expected: 'Nothing is lost, and at most one extra request is sent for each delivery in flight.',
    environment: 'simulation',
    reason: AWS_FAILS,
    note: 'The original list wanted a sweeper that repairs unfinished work within ten minutes. The product leaves no unfinished work, because the caller of a process that ended starts it again.',
  },
  {
    number: 40,
    kind: 'infrastructure',
    fault:
      'One of 100 endpoints hangs, under a steady stream of events or with thousands at once; the account has 1,000 concurrent invocations',
    expected:
      'Steady stream: the p99 of the other endpoints is at most twice the p99 without the hanging endpoint. Thousands at once: the breaker opens, and no delivery is lost. 99 % of the other deliveries wait five seconds at most, and none loses an attempt.',
    environment: 'simulation',
    reason: AWS_FAILS,
    note: 'A group stops after five requests without a response, so a flood leaves invocations for the other endpoints ([ADR 0026](../adr/0026-deliveries-in-groups.md)).',
  },
];
