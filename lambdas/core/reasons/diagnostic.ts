import { providerOf, type Provider } from '../providers.ts';
import type { Phrase } from './rule.ts';

/** Longer text is not read: 4 KB hold every response of a mail server, and a diagnostic of SES can have 180 KB. */
const MAX_CHARACTERS = 4_096;

/** The response of a mail server, prepared for the rules. */
export interface Diagnostic {
  readonly provider: Provider;
  /** Enhanced status codes, such as `5.1.1`, in the order of the text. */
  readonly enhancedCodes: readonly string[];
  /** The first reply code, such as `550`. */
  readonly replyCode: string | undefined;
  /** Whether a code says that the failure is temporary. Undefined if the response has no code. */
  readonly temporary: boolean | undefined;
  /** Whether the response contains the phrase. */
  readonly contains: (phrase: Phrase) => boolean;
}

/** Texts that only one provider writes. */
const PROVIDER_TOKENS: readonly (readonly [Provider, readonly string[]])[] = [
  ['gmail', ['gsmtp', 'gcdp', 'support.google.com', 'mail.google.com', 'google.com/mail']],
  [
    'microsoft',
    ['protection.outlook.com', 'prod.outlook.com', 'office365', 'microsoft.com', 'mail.live.com'],
  ],
  ['yahoo', ['yahoo.com', 'yahoodns.net', 'postmaster.aol.com']],
  ['apple', ['icloud.com', 'apple.com']],
];

/** The provider that the text names, or else the provider of the recipient's domain. */
function providerOfText(text: string, to: string | undefined): Provider {
  const named = PROVIDER_TOKENS.find(([, tokens]) => tokens.some((token) => text.includes(token)))?.[0];
  return named ?? providerOf(to);
}

/** Whether `text` contains the phrase. */
function containsPhrase(text: string, phrase: Phrase): boolean {
  if (typeof phrase === 'string') return text.includes(phrase);
  let from = 0;
  for (const part of phrase) {
    const index = text.indexOf(part, from);
    if (index === -1) return false;
    from = index + part.length;
  }
  return true;
}

/** An enhanced status code: `5.1.1`, but no part of an IP address or version. Each number has at most three digits. */
const ENHANCED_CODE = /(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\d|\.\d)/g;
const REPLY_CODE = /(?<![\w.:/])[2-5]\d\d(?=[ -]|$)/;
/** A reply of several lines repeats its codes at the start of each line, which would divide a phrase. */
const REPEATED_CODES = /(?<![\w.:/])[245]\d\d[ -](?:[245]\.\d{1,3}\.\d{1,3}(?= ))?/g;

/**
 * Reads the start of a diagnostic code. `to` is the recipient: a complete address is removed from the text, because its words
 * are not those of the mail server.
 */
export function readDiagnostic(diagnosticCode: string, to: string | undefined): Diagnostic {
  const lower = diagnosticCode.slice(0, MAX_CHARACTERS).toLowerCase();
  const withoutRecipient = to?.includes('@') === true ? lower.replaceAll(to.toLowerCase(), ' ') : lower;
  const line = withoutRecipient.replaceAll('’', "'").replaceAll(/\s+/g, ' ');
  const text = line.replaceAll(REPEATED_CODES, ' ').replaceAll(/ +/g, ' ');
  const enhancedCodes = line.match(ENHANCED_CODE) ?? [];
  const replyCode = REPLY_CODE.exec(line)?.[0];
  const firstCode = replyCode ?? enhancedCodes[0];
  return {
    provider: providerOfText(line, to),
    enhancedCodes,
    replyCode,
    temporary: firstCode === undefined ? undefined : firstCode.startsWith('4'),
    contains: (phrase) => containsPhrase(text, phrase),
  };
}
