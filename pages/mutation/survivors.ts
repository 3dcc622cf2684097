/** A mutation that no test notices, and that needs no test, because it does not change the behavior. */
export interface Survivor {
  readonly file: string;
  /** The source line where the mutated code begins, without leading and trailing spaces. */
  readonly line: string;
  readonly becomes: string;
  /** Why no test has to notice the mutation. */
  readonly why: string;
}

export const EXPLAINED: readonly Survivor[] = [
  {
    file: 'lambdas/core/addresses.ts',
    line: "const rawName = (/^(.*)<[^<>]*>\\s*$/s.exec(mailbox)?.[1] ?? '').trim();",
    becomes: '/(.*)<[^<>]*>\\s*$/s',
    why: 'The expression matches the same texts. If a text does not match, it only takes longer, because it starts again at each character.',
  },
  {
    file: 'lambdas/core/cursor.ts',
    line: 'const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })',
    becomes: '{}',
    why: 'A cursor that is shorter than a tag is refused in both cases: with the option because of its length, without it because the tag is wrong. The option makes the length explicit.',
  },
  {
    file: 'lambdas/ingest/normalize.ts',
    line: "const key = recipient.to === undefined ? '' : canonicalAddress(recipient.to);",
    becomes: '"Stryker was here!"',
    why: 'Any text that is not an address has the same effect.',
  },
  {
    file: 'lambdas/core/addresses.ts',
    line: "const delimiter: string = escaped ? '' : character;",
    becomes: '"Stryker was here!"',
    why: 'Any text that is not one of the four delimiters has the same effect, because an escaped character is not a delimiter.',
  },
  {
    file: 'lambdas/ingest/normalize.ts',
    line: "{ bodyName: 'send', readRecipients: allRecipients, readEvent: oncePerMessage('sent', () => ({})) },",
    becomes: '""',
    why: 'The code reads nothing from the body of a `Send` event, because SES leaves it empty.',
  },
  {
    file: 'lambdas/ingest/normalize.ts',
    line: "bodyName: bodyName ?? '',",
    becomes: '"Stryker was here!"',
    why: 'Any name that no field of an event has produces the same result.',
  },
  {
    file: 'lambdas/delivery/address-guard.ts',
    line: 'if (failure === undefined) return addresses;',
    becomes: 'false',
    why: 'Without a failure, both families have addresses, and the next lines return them. Only the type checker needs the condition.',
  },
  {
    file: 'lambdas/delivery/address-guard.ts',
    line: 'else if (first) callback(null, first.address, first.family);',
    becomes: 'true',
    why: '`resolveAllowed` has already refused a name without an address. Only the type checker needs the condition.',
  },
  {
    file: 'lambdas/store/api-keys.ts',
    line: 'return at !== undefined && Date.parse(at) <= nowMs;',
    becomes: 'true',
    why: '`Date.parse(undefined)` is NaN, and a comparison with NaN is false. Only the type checker needs the condition.',
  },
  {
    file: 'lambdas/store/api-keys.ts',
    line: 'return keys.toSorted((left, right) => (left.created_at < right.created_at ? 1 : -1));',
    becomes: 'left.created_at <= right.created_at',
    why: 'Two keys that were created at the same time have no defined order.',
  },
  {
    file: 'lambdas/store/endpoint-health.ts',
    line: "{ values: { opened: endpoint.breaker_opened_at ?? '' } },",
    becomes: '"Stryker was here!"',
    why: 'Any text that is not a time has the same effect, because the condition must fail if the endpoint was read without an open breaker.',
  },
  {
    file: 'lambdas/store/endpoints.ts',
    line: "const { pk } = endpointKey(workspaceId, '');",
    becomes: '"Stryker was here!"',
    why: 'The code uses only the partition of the key, and the id is not part of the partition.',
  },
  {
    file: 'lambdas/store/endpoints.ts',
    line: '{ set: { secrets, secret_version: secrets[0]?.version, updated_at: historyEntry.at } },',
    becomes: 'secrets[0].version',
    why: 'An endpoint always has a first secret. The type of a list element does not express this.',
  },
  {
    file: 'lambdas/store/endpoints.ts',
    line: '{ values: { before: endpoint.secrets[0]?.version } },',
    becomes: 'endpoint.secrets[0].version',
    why: 'An endpoint always has a first secret. The type of a list element does not express this.',
  },
  {
    file: 'lambdas/store/idempotency.ts',
    line: "partitions: [{ index: 'g2', pk: recipientPartition(intent.workspace_id, intent.accepted[0] ?? '') }],",
    becomes: '"Stryker was here!"',
    why: 'Any text that is not an address has the same effect, because a send without a recipient is in no partition.',
  },
  {
    file: 'lambdas/store/idempotency.ts',
    line: "prefix: 'E#',",
    becomes: '""',
    why: 'Both bounds are set and begin with the prefix. `readPage` requires a prefix, but does not use it if both bounds are set.',
  },
  {
    file: 'lambdas/store/idempotency.ts',
    line: 'if (index >= 0) return sent[index]?.message_id;',
    becomes: 'sent[index].message_id',
    why: 'The index comes from a list of the same length. The type does not express this.',
  },
  {
    file: 'lambdas/tally/tally-batch.ts',
    line: "if (!EVENT_NAMES.includes(emailEvent.event)) throw new Error('The row has no known event name');",
    becomes: '""',
    why: 'The report of the record contains its keys and not this message. The message only helps the reader of the code.',
  },
  {
    file: 'lambdas/tally/tally-batch.ts',
    line: "throw new Error('The row has no endpoint or no duration');",
    becomes: '""',
    why: 'The report of the record contains its keys and not this message. The message only helps the reader of the code.',
  },
  {
    file: 'lambdas/store/workspaces.ts',
    line: 'if (cache.size >= MAX_CACHED_NAMES) cache.clear();',
    becomes: 'cache.size > MAX_CACHED_NAMES',
    why: 'The only effect is that the cache can hold one more name.',
  },
  {
    file: 'lambdas/store/workspaces.ts',
    line: 'return rows.map(toWorkspace).toSorted((left, right) => (left.created_at < right.created_at ? -1 : 1));',
    becomes: 'left.created_at <= right.created_at',
    why: 'Two workspaces that were created at the same time have no defined order.',
  },
  {
    file: 'webhook/signatures.ts',
    line: "const key = await subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);",
    becomes: 'true',
    why: 'The value decides whether code can read the key back. No code does, and the key leaves no function.',
  },
];
