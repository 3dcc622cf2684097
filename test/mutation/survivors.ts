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
    file: 'lambdas/core/normalise.ts',
    line: "const key = recipient.to === undefined ? '' : canonicalAddress(recipient.to);",
    becomes: '"Stryker was here!"',
    why: 'Any text will do that no address is.',
  },
  {
    file: 'lambdas/core/normalise.ts',
    line: 'if (subtype === undefined) return undefined;',
    becomes: 'false',
    why: 'The text `undefined` is no sub-type either. The line is there for the type checker.',
  },
  {
    file: 'lambdas/core/normalise.ts',
    line: "['Send', { body: 'send', recipients: everybody, outcome: onceFor('sent', () => ({})) }],",
    becomes: '""',
    why: 'Nothing is read from the body of a Send, which SES leaves empty.',
  },
  {
    file: 'lambdas/core/normalise.ts',
    line: "body: body ?? '',",
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
];
