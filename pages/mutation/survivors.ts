/** A mutant that no test notices, and need not. */
export interface Survivor {
  readonly file: string;
  /** The line where it begins, without what stands before and after it. */
  readonly line: string;
  readonly becomes: string;
  /** What a reader who doubts it should know. */
  readonly why: string;
}

export const EXPLAINED: readonly Survivor[] = [
  {
    file: 'lambdas/core/addresses.ts',
    line: "const given = (/^(.*)<[^<>]*>\\s*$/s.exec(mailbox)?.[1] ?? '').trim();",
    becomes: '/(.*)<[^<>]*>\\s*$/s',
    why: 'It finds the same, but begins anew at each character where it finds nothing.',
  },
  {
    file: 'lambdas/core/cursor.ts',
    line: 'const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })',
    becomes: '{}',
    why: 'What is shorter than a tag is refused here by its length, and there because its tag is wrong. Both are sure, this one says so.',
  },
  {
    file: 'lambdas/ingest/normalize.ts',
    line: "const key = recipient.to === undefined ? '' : canonicalAddress(recipient.to);",
    becomes: '"Stryker was here!"',
    why: 'Any text will do that no address is.',
  },
  {
    file: 'lambdas/core/addresses.ts',
    line: "const sign: string = escaped ? '' : character;",
    becomes: '"Stryker was here!"',
    why: 'Any text will do that is none of the four marks: an escaped character marks nothing.',
  },
  {
    file: 'lambdas/ingest/normalize.ts',
    line: "['Send', { bodyName: 'send', readRecipients: allRecipients, readEvent: oncePerMessage('sent', () => ({})) }],",
    becomes: '""',
    why: 'Nothing is read from the body of a Send, which SES leaves empty.',
  },
  {
    file: 'lambdas/ingest/normalize.ts',
    line: "bodyName: bodyName ?? '',",
    becomes: '"Stryker was here!"',
    why: 'Any name will do that no part of an event has.',
  },
  {
    file: 'lambdas/delivery/address-guard.ts',
    line: "answer.status === 'rejected' ? [answer.reason as NodeJS.ErrnoException] : [],",
    becomes: '["Stryker was here"]',
    why: 'It stands for a family that has an address, and then no failure is looked at.',
  },
  {
    file: 'lambdas/delivery/address-guard.ts',
    line: 'if (addresses.length > 0 || failure === undefined) return addresses;',
    becomes: 'false',
    why: 'Without an address there is a failure: the resolver says ENODATA and never answers with none. The type does not say so.',
  },
  {
    file: 'lambdas/delivery/address-guard.ts',
    line: 'else if (first) callback(null, first.address, first.family);',
    becomes: 'true',
    why: 'A name without an address was refused before. The condition is there for the type checker.',
  },
  {
    file: 'lambdas/store/api-keys.ts',
    line: 'return at !== undefined && Date.parse(at) <= nowMs;',
    becomes: 'true',
    why: '`Date.parse(undefined)` is no number, and no number is at or before a time. The line is there for the type checker.',
  },
  {
    file: 'lambdas/store/api-keys.ts',
    line: 'return keys.toSorted((left, right) => (left.created_at < right.created_at ? 1 : -1));',
    becomes: 'left.created_at <= right.created_at',
    why: 'Two keys of one moment have no order.',
  },
  {
    file: 'lambdas/store/endpoint-health.ts',
    line: "{ values: { opened: endpoint.breaker_opened_at ?? '' } },",
    becomes: '"Stryker was here!"',
    why: 'Any text will do that is not a time: the condition must fail where the endpoint was read without an open breaker.',
  },
  {
    file: 'lambdas/store/endpoints.ts',
    line: "const { pk } = endpointKey(workspaceId, '');",
    becomes: '"Stryker was here!"',
    why: 'Only the partition of the key is used, and the id is not part of it.',
  },
  {
    file: 'lambdas/store/endpoints.ts',
    line: '{ set: { secrets, secret_version: secrets[0]?.version, updated_at: historyEntry.at } },',
    becomes: 'secrets[0].version',
    why: 'There is always a first secret. The type of an index into a list does not say so.',
  },
  {
    file: 'lambdas/store/endpoints.ts',
    line: '{ values: { before: endpoint.secrets[0]?.version } },',
    becomes: 'endpoint.secrets[0].version',
    why: 'There is always a first secret. The type of an index into a list does not say so.',
  },
  {
    file: 'lambdas/store/idempotency.ts',
    line: "partitions: [{ index: 'g2', pk: recipientPartition(intent.workspace_id, intent.accepted[0] ?? '') }],",
    becomes: '"Stryker was here!"',
    why: 'Any text will do that is no address: a send without a recipient is in no partition.',
  },
  {
    file: 'lambdas/store/idempotency.ts',
    line: "prefix: 'E#',",
    becomes: '""',
    why: 'Both bounds are given and begin with it. `readPage` requires a prefix, and does not use it then.',
  },
  {
    file: 'lambdas/store/idempotency.ts',
    line: 'if (index >= 0) return sent[index]?.message_id;',
    becomes: 'sent[index].message_id',
    why: 'The index was found in a list of the same length. The type does not say so.',
  },
  {
    file: 'lambdas/tally/tally-batch.ts',
    line: "if (!EVENT_NAMES.includes(emailEvent.event)) throw new Error('The row has no known event name');",
    becomes: '""',
    why: 'The record is reported by its keys. The message is for the reader of the code.',
  },
  {
    file: 'lambdas/tally/tally-batch.ts',
    line: "throw new Error('The row has no endpoint or no duration');",
    becomes: '""',
    why: 'The record is reported by its keys. The message is for the reader of the code.',
  },
  {
    file: 'lambdas/store/workspaces.ts',
    line: 'if (cache.size >= MAX_CACHED_NAMES) cache.clear();',
    becomes: 'cache.size > MAX_CACHED_NAMES',
    why: 'The cache is bounded by one name more.',
  },
  {
    file: 'lambdas/store/workspaces.ts',
    line: 'return rows.map(toWorkspace).toSorted((left, right) => (left.created_at < right.created_at ? -1 : 1));',
    becomes: 'left.created_at <= right.created_at',
    why: 'Two workspaces of one moment have no order.',
  },
];
