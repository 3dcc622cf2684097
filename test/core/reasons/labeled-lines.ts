import { readFileSync } from 'node:fs';
import { reasonOf } from '../../../lambdas/core/reasons/reason-of.ts';
import { REASONS, type Reason } from '../../../lambdas/core/reasons/reasons.ts';

/** A response of a mail server, with the reason that a person chose for it. */
export interface LabeledLine {
  /** The provider, filter or mail server that writes such a response. */
  readonly source: string;
  readonly label: Reason;
  readonly diagnostic: string;
}

/** Reads a file of `test/fixtures/reasons`: one line for each response, with tabs between source, label and response. */
export function labeledLines(name: string): readonly LabeledLine[] {
  const text = readFileSync(new URL(`../../fixtures/reasons/${name}.tsv`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [source = '', label = '', diagnostic = ''] = line.split('\t');
      if (!REASONS.includes(label as Reason) || diagnostic === '')
        throw new Error(`Not a labeled line: ${line}`);
      return { source, label: label as Reason, diagnostic };
    });
}

/** What the classifier decides for a response, as an event of SES would contain it. */
export function classify({ diagnostic }: LabeledLine): Reason | undefined {
  const temporary = /\b4\d\d[ -]|^4/.test(diagnostic);
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
