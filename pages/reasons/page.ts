/** The text of docs/generated/reasons.md: every reason with its advice, and how often the classifier finds it. */
import { REASON_ADVICE } from '../../lambdas/core/reasons/advice.ts';
import { REASONS } from '../../lambdas/core/reasons/reasons.ts';
import { table } from '../markdown.ts';
import { measure, type Measured } from './labeled-lines.ts';

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;

function figures(measured: Measured): readonly string[] {
  const { lines, sources, right, unmatched, falselyWrongAddress, missedWrongAddress } = measured;
  return [
    String(lines),
    String(sources),
    `${right} (${percent(right, lines)})`,
    `${unmatched} (${percent(unmatched, lines)})`,
    String(falselyWrongAddress),
    String(missedWrongAddress),
  ];
}

/** One row for each label: the lines, the right ones, and what the classifier decided for the others. */
function confusion({ decisions }: Measured): string {
  const rows = REASONS.flatMap((label) => {
    const decided = decisions.get(label);
    if (!decided) return [];
    const lines = [...decided.values()].reduce((sum, count) => sum + count, 0);
    const wrong = [...decided].filter(([reason]) => reason !== label);
    return [
      [
        `\`${label}\``,
        lines,
        decided.get(label) ?? 0,
        wrong.map(([reason, count]) => `\`${reason}\` ${count}`).join(', ') || '–',
      ],
    ];
  });
  return table(['label', 'lines', 'right', 'decided instead'], rows);
}

export function reasonsPage(): string {
  const sets = [
    ['development', measure('development')],
    ['held-out', measure('held-out')],
  ] as const;
  const heldOut = measure('held-out');
  return `# Reasons of bounces and delays

Made by \`npm run docs\`, from the rules in \`lambdas/core/reasons/\` and the labeled responses in \`test/fixtures/reasons/\`. The field \`reason\` of a
bounce or a delay has one of these values. [Webhooks and events](../webhooks-and-events.md#reasons) says where it appears.

${table(
  ['`reason`', 'title', 'advice'],
  REASONS.map((reason) => [`\`${reason}\``, REASON_ADVICE[reason].title, REASON_ADVICE[reason].advice]),
)}

Only \`unknown_user\`, \`inactive_mailbox\` and \`invalid_domain\` say that the address is wrong. The other reasons are no cause to remove an address.

## How a reason is found

The first of these that finds a reason decides ([ADR 0040](../adr/0040-reasons.md)):

1. The bounce subtype or delay type of SES, if it names one cause, such as \`MailboxFull\`.
2. An enhanced status code that only one provider uses, or to which the provider gives a meaning of its own. Gmail's \`5.7.27\` is an example: it means SPF.
3. The words of the mail server: first tokens of one provider, such as Yahoo's \`[TSS04]\`, then common words.
4. The enhanced status code, and then the reply code.
5. The bounce subtype or delay type, if it names only a family of causes, such as \`SpamDetected\`.

A message that expired after retries has the reason of the last response, if the response names one. Otherwise it is \`expired\`. Only the first
4,096 characters of a response are read.

## How often it is right

${table(
  [
    'set',
    'lines',
    'sources',
    'right',
    'reason `unknown`',
    'right address called wrong',
    'wrong address missed',
  ],
  sets.map(([name, measured]) => [name, ...figures(measured)]),
)}

A test fails if less than 90 % of the held-out lines are right. Each line is the response of a mail server in the wording of its provider, with
example addresses. Its label is the judgment of the author. How the sets were made:

- The same author wrote the rules and both sets, from public documentation of providers, and from lists of responses in other open-source projects.
- The development set grew in four rounds. The rules of the first round were written with 137 lines. The lines of each later round were written
  without running the rules on them. At first, the rules were right for 182 of 232, 184 of 209 and 159 of 211 lines. Each round then improved the rules,
  and corrected 10 labels that contradicted their source or another line. The fourth round has mainly rare wordings of old mail servers.
- The held-out set was written after the rules of the fourth round were finished. No rule was changed because of it. Of its 206 lines, the rules were
  right for 199. Six lines that are also in the development set were then removed.
- The large providers use the same wording for years, so many held-out lines resemble a development line. For a rare mail server, expect the share
  of the second to fourth round, between 75 % and 88 %.

### Held-out lines by label

${confusion(heldOut)}
`;
}
