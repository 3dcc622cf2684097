import { readFileSync } from 'node:fs';
import { reasonOf } from '../../lambdas/core/reasons/reason-of.ts';
import { REASONS, type Reason } from '../../lambdas/core/reasons/reasons.ts';

/** A response of a mail server, with the reason that a person chose for it. */
interface LabeledLine {
  /** The provider, filter or mail server that writes such a response. */
  readonly source: string;
  readonly label: Reason;
  readonly diagnostic: string;
}

/** `development`: the rules were written with these lines. `held-out`: the rules were finished before these lines were written. */
export type LineSet = 'development' | 'held-out';

/** Reads a file of `test/fixtures/reasons`: one line for each response, with tabs between source, label and response. */
export function labeledLines(set: LineSet): readonly LabeledLine[] {
  const text = readFileSync(new URL(`../../test/fixtures/reasons/${set}.tsv`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [source = '', label = '', diagnostic = ''] = line.split('\t');
      if (!REASONS.some((reason) => reason === label) || diagnostic === '')
        throw new Error(`Not a labeled line: ${line}`);
      return { source, label: label as Reason, diagnostic };
    });
}

/** What the classifier decides for a response, as an event of SES would contain it. The recipient's domain is of no provider. */
export function classify({ diagnostic }: LabeledLine): Reason | undefined {
  const temporary = /\b4\d\d[ -]/.test(diagnostic);
  return reasonOf({
    event: temporary ? 'soft_bounced' : 'bounced',
    details: {
      bounce_type: temporary ? 'Transient' : 'Permanent',
      bounce_subtype: 'General',
      diagnostic_code: diagnostic,
    },
    to: 'ann@example.org',
  });
}

/** Reasons that say that the address is wrong. Only these are a reason to remove an address from a list. */
const ADDRESS_REASONS: readonly Reason[] = ['unknown_user', 'inactive_mailbox', 'invalid_domain'];

export interface Measured {
  readonly lines: number;
  readonly sources: number;
  readonly right: number;
  /** Lines with the reason `unknown`. */
  readonly unmatched: number;
  /** The address is right, and the classifier says that it is wrong. */
  readonly falselyWrongAddress: number;
  /** The address is wrong, and the classifier says something else. */
  readonly missedWrongAddress: number;
  /** What the classifier decided for the lines of each label, with the number of lines. */
  readonly decisions: ReadonlyMap<Reason, ReadonlyMap<Reason, number>>;
}

export function measure(set: LineSet): Measured {
  const lines = labeledLines(set).map((line) => ({ ...line, decided: classify(line) ?? 'unknown' }));
  const count = (matches: (line: (typeof lines)[number]) => boolean): number => lines.filter(matches).length;
  const isAddress = (reason: Reason): boolean => ADDRESS_REASONS.includes(reason);
  const decisions = new Map<Reason, Map<Reason, number>>();
  for (const { label, decided } of lines) {
    const row = decisions.get(label) ?? new Map<Reason, number>();
    decisions.set(label, row.set(decided, (row.get(decided) ?? 0) + 1));
  }
  return {
    lines: lines.length,
    sources: new Set(lines.map(({ source }) => source)).size,
    right: count(({ label, decided }) => label === decided),
    unmatched: count(({ decided }) => decided === 'unknown'),
    falselyWrongAddress: count(({ label, decided }) => !isAddress(label) && isAddress(decided)),
    missedWrongAddress: count(({ label, decided }) => isAddress(label) && !isAddress(decided)),
    decisions,
  };
}
