import {
  ADDRESS_MAX_LENGTH,
  addressForms,
  bareAddress,
  canonicalAddress,
  domainStart,
  hasBareSpace,
} from './addresses.ts';
import type { EmailEvent } from './events.ts';
import { bareMessageId } from './message-id.ts';

/** What a search text most likely is. An index finds a message and a recipient. Any other text needs a walk through the log. */
export type SearchTerm =
  | { readonly kind: 'message'; readonly messageId: string }
  | { readonly kind: 'recipient'; readonly address: string }
  | { readonly kind: 'text'; readonly text: string };

/** `0100019c1e5b7d2a-6f9e2d1c-8a4b-4c3d-9e8f-7a6b5c4d3e2f-000000`, or the id of an email that did not reach SES. */
const MESSAGE_ID =
  /^(?:[0-9a-z]{16,64}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9]{6}|ivm_[a-z2-7]{26})$/i;

/** Decides whether a search text is a message id, an address with a local part and a domain, or other text. */
export function searchTermOf(q: string): SearchTerm {
  const text = q.trim();
  const messageId = bareMessageId(text);
  if (MESSAGE_ID.test(messageId)) return { kind: 'message', messageId };
  const address = bareAddress(text);
  const start = domainStart(address);
  const isRecipient =
    start > 1 && start < address.length && address.length <= ADDRESS_MAX_LENGTH && !hasBareSpace(address);
  return isRecipient ? { kind: 'recipient', address } : { kind: 'text', text };
}

/**
 * The form in which texts are compared. Upper case, because lower case depends on the position: `Σ` at the end of a word
 * becomes `ς`, and elsewhere `σ`. NFC, because `ü` can be one character or two. Runs of spaces count as one space.
 */
function folded(text: string): string {
  return text.normalize('NFC').toUpperCase().normalize('NFC').replace(/\s+/gu, ' ');
}

/** The parts of an event that a search compares. */
export type Searchable = Pick<EmailEvent, 'message_id' | 'to' | 'from' | 'subject' | 'tags'>;
type Matcher = (event: Searchable) => boolean;

/** The forms of a searched address: as written, and with its domain in punycode. */
function searchedForms(text: string): readonly string[] {
  return [...new Set([folded(text), folded(canonicalAddress(text))])];
}

/** The forms of a recipient, each from `@` on if the search is for a domain. */
function recipientForms(address: string, onlyDomain: boolean): readonly string[] {
  const forms = addressForms(address).map(folded);
  return onlyDomain ? forms.map((form) => form.slice(Math.max(domainStart(form) - 1, 0))) : forms;
}

function textMatcher(text: string): Matcher {
  const isDomain = text.startsWith('@');
  const wanted = searchedForms(text);
  const inSubject = folded(text);
  return ({ to, subject }) => {
    const matchesRecipient =
      to !== undefined &&
      recipientForms(to, isDomain).some((form) => wanted.some((each) => form.startsWith(each)));
    return matchesRecipient || (!isDomain && subject !== undefined && folded(subject).includes(inSubject));
  };
}

function termMatcher(term: SearchTerm): Matcher {
  if (term.kind === 'message') return (event) => event.message_id === term.messageId;
  return textMatcher(term.kind === 'recipient' ? term.address : term.text);
}

function senderMatcher(address: string): Matcher {
  const wanted = canonicalAddress(bareAddress(address));
  return ({ from }) => canonicalAddress(bareAddress(from)) === wanted;
}

/** The name of a tag has no colon, so `name:value` is not ambiguous. */
function tagMatcher(tag: string): Matcher {
  return ({ tags = [] }) => tags.some(([name, value]) => tag === name || tag === `${name}:${value}`);
}

/** The parts of a search that an event must match. */
export interface SearchCriteria {
  readonly term?: SearchTerm | undefined;
  readonly from?: string | undefined;
  /** `name` for any value, or `name:value`. */
  readonly tag?: string | undefined;
}

/** Whether an event matches every criterion. Undefined if there is no criterion. */
export function matcherOf({ term, from, tag }: SearchCriteria): Matcher | undefined {
  const matchers = [
    ...(from === undefined ? [] : [senderMatcher(from)]),
    ...(tag === undefined ? [] : [tagMatcher(tag)]),
    ...(term ? [termMatcher(term)] : []),
  ];
  if (matchers.length === 0) return undefined;
  return (event) => matchers.every((matches) => matches(event));
}
