/** docs/generated/cost.md, of what was counted. */
import { ASSUMED, assumed, type Assumption } from './assumptions.ts';
import type { Counts } from './counts.ts';
import type { Deployment } from './deployment.ts';
import type { IdleLine } from './idle.ts';
import type { Pace } from './pipeline.ts';
import {
  ALLOWANCES,
  ITEMS,
  PRICED_ON,
  PRICES,
  REGION,
  added,
  beyondAllowances,
  scaled,
  totalUsd,
  usd,
  type Item,
  type Usage,
} from './prices.ts';
import { table, type Cells } from '../markdown.ts';

export interface Figures {
  readonly idle: readonly IdleLine[];
  readonly deployment: Deployment;
  readonly mails: number;
  readonly counts: Readonly<Record<Pace, Counts>>;
}

const MILLION = 1_000_000;
const IDLE_GOAL_USD = 4;

function money(dollars: number): string {
  return `$${dollars.toFixed(2)}`;
}

/** Three digits that say something, and none that do not. */
function amount(quantity: number): string {
  if (quantity >= 1000) return Math.round(quantity).toLocaleString('en-US');
  return String(Number(quantity.toPrecision(3)));
}

function usageOfIdle(idle: readonly IdleLine[]): Usage {
  return added(...idle.flatMap(({ item, quantity }) => (item ? [new Map([[item, quantity]])] : [])));
}

function idleSection({ idle }: Figures): string {
  const usage = usageOfIdle(idle);
  const total = totalUsd(usage);
  const paid = idle.filter(({ item }) => item !== undefined);
  const free = idle.filter(({ item, why }) => item === undefined && !why.startsWith('nothing'));
  const never = idle.filter(({ why }) => why.startsWith('nothing'));
  const verdict =
    total < IDLE_GOAL_USD
      ? `**It holds: ${money(total)}.**`
      : `**It does not hold: ${money(total)}, ${money(total - IDLE_GOAL_USD)} too much**, where AWS’s free allowances are not counted.`;
  return `## A month without mail

The goal is under ${money(IDLE_GOAL_USD)}. ${verdict}
What AWS gives every account each month (below) takes it to **${money(totalUsd(beyondAllowances(usage)))}** where nothing else in the account uses it.

${table(
  ['a month', 'of what', 'resources', 'quantity', 'why'],
  [
    ...paid.map(({ type, resources, item, quantity, why }) => [
      money(item ? usd(item, quantity) : 0),
      `\`${type}\``,
      resources,
      amount(quantity),
      why,
    ]),
    ...free.map(({ type, resources, why }) => [money(0), `\`${type}\``, resources, '', why]),
    [`**${money(total)}**`, 'all', '', '', `and ${never.length} types for which nothing is ever paid`],
  ],
)}

Every type of resource in the synthesized template has its line in \`pages/cost/idle.ts\`; a new one fails until it has. Nothing
is counted for the bundles in the bucket of \`cdk bootstrap\` (some MB: less than a cent).`;
}

/** What a million of it costs, by service. */
function byService(usage: Usage): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const item of ITEMS) {
    const { service } = PRICES[item];
    sums.set(service, (sums.get(service) ?? 0) + usd(item, (usage.get(item) ?? 0) * MILLION));
  }
  return sums;
}

const PACES = ['burst', 'trickle'] as const satisfies readonly Pace[];
/** What is sent by SES costs the same without us. */
const OURS = ITEMS.filter((item) => PRICES[item].service !== 'SES');
const withoutSes = (usage: Usage): Usage => new Map([...usage].filter(([item]) => OURS.includes(item)));

/** What a million retries cost. */
function retriesUsd({ webhook, retriedWebhook }: Counts): number {
  return totalUsd(scaled(retriedWebhook, MILLION)) - totalUsd(scaled(webhook, MILLION));
}

function perMillionSection({ counts, deployment, mails }: Figures): string {
  const columns = (['mail', 'webhook'] as const).flatMap((what) =>
    PACES.map((pace) => byService(withoutSes(counts[pace][what]))),
  );
  const services = [...new Set(OURS.map((item) => PRICES[item].service))].filter((service) =>
    columns.some((column) => (column.get(service) ?? 0) >= 0.005),
  );
  const { ingest, dispatch, tally } = deployment.batchSize;
  return `## A million mails, a million webhooks

A mail is one \`POST /v1/send\` to one recipient, and the \`sent\` and \`delivered\` that SES tells of it, stored with the whole SES event
and kept 90 days. A webhook is one of these, wanted by one endpoint and taken at the first attempt. SES’s own price
(${money(usd('ses.mail', MILLION))} a million, with us or without) is not in it.

Most of the difference lies in how the mail comes. In a **burst** every batch is full (${ingest} messages for ingest, ${dispatch} rows for
dispatch, ${tally.toLocaleString('en-US')} for tally) and X-Ray records a twentieth of the executions. In a **trickle**, a million evenly over a month or
one mail in 2.6 seconds, every message and row comes by itself, and X-Ray records every execution. A real month lies between.

${table(
  ['', 'million mails, burst', 'trickle', 'million webhooks, burst', 'trickle'],
  [
    ...services.map((service) => [service, ...columns.map((column) => money(column.get(service) ?? 0))]),
    [
      '**all**',
      ...columns.map((column) => `**${money([...column.values()].reduce((sum, each) => sum + each, 0))}**`),
    ],
  ],
)}

A webhook that is refused once and taken a minute later costs ${PACES.map((pace) =>
    money(totalUsd(scaled(counts[pace].retriedWebhook, MILLION))),
  ).join(' to ')} a million:
a retry is an execution of the Standard machine, ${amount(counts.burst.retriedWebhook.get('stepFunctions.transition') ?? 0)} transitions at ${money(usd('stepFunctions.transition', MILLION))} a million. Where one webhook in fifty needs it,
a million webhooks cost ${money(retriesUsd(counts.burst) / 50)} more.

### What was counted

For one mail, and beside it for one webhook. The functions’ own entries ran over ${mails} mails, in batches as the template has them,
with AWS answered and counted in the process (\`pages/cost/functions.ts\`): calls, units by the sizes that DynamoDB counts with
all index writes, log lines in bytes, states entered, bytes sent.

${table(
  ['', 'a mail, burst', 'trickle', 'a webhook, burst', 'trickle'],
  OURS.filter((item) =>
    PACES.some((pace) => counts[pace].mail.has(item) || counts[pace].webhook.has(item)),
  ).map((item) => [countedName(item), ...countedCells(counts, item)]),
)}`;
}

/** What is paid for by the GB: of one mail it is bytes. */
const inBytes = (item: Item): boolean => /\bGB\b(?!-)/.test(PRICES[item].what);

function countedName(item: Item): string {
  const { service, what } = PRICES[item];
  return `${service}: ${inBytes(item) ? what.replace('GB', 'bytes') : what}`;
}

function countedCells(counts: Figures['counts'], item: Item): Cells {
  return (['mail', 'webhook'] as const).flatMap((what) =>
    PACES.map((pace) => {
      const quantity = counts[pace][what].get(item) ?? 0;
      return Math.abs(quantity) < 1e-9 ? '0' : amount(quantity * (inBytes(item) ? 1e9 : 1));
    }),
  );
}

function exampleSection({ idle, counts }: Figures): string {
  const keyRequests: Usage = new Map([
    ['kms.request', (assumed('keyCallers') * assumed('monthSeconds')) / 300],
  ]);
  const standing = usageOfIdle(idle);
  const months = PACES.map((pace) =>
    added(
      standing,
      keyRequests,
      scaled(withoutSes(counts[pace].mail), MILLION),
      scaled(counts[pace].webhook, MILLION),
    ),
  );
  const row = (name: string, usages: readonly Usage[]): Cells => [
    name,
    ...usages.map((usage) => money(totalUsd(usage))),
  ];
  return `## One month: 1,000,000 mails and 1,000,000 webhooks

The 90th day and after: three months of rows are stored.

${table(
  ['', 'burst', 'trickle'],
  [
    row('what is paid without mail', [standing, standing]),
    row(
      '1,000,000 mails',
      PACES.map((pace) => scaled(withoutSes(counts[pace].mail), MILLION)),
    ),
    row(
      '1,000,000 webhooks',
      PACES.map((pace) => scaled(counts[pace].webhook, MILLION)),
    ),
    row('KMS, for the key that AWS keeps for the table', [keyRequests, keyRequests]),
    ['**IvyMail Events**', ...months.map((usage) => `**${money(totalUsd(usage))}**`)],
    row('the same beyond AWS’s free allowances', months.map(beyondAllowances)),
    ['SES itself, with us or without', ...PACES.map(() => money(usd('ses.mail', MILLION)))],
  ],
)}`;
}

function assumptionsSection({ deployment }: Figures): string {
  const memory = Object.entries(deployment.memoryMb)
    .map(([name, mb]) => `${name} ${mb.toLocaleString('en-US')}`)
    .join(', ');
  return `## Taken to be so

Memory (${memory} MB), batches, and whether executions are traced are
those of the template. An invocation lasts as long as its calls, one after the other, and what it waits for. These could not be counted:

${table(
  ['value', 'what', 'why'],
  Object.values<Assumption>(ASSUMED).map(({ value, unit, what, why }) => [
    `${value.toLocaleString('en-US')} ${unit}`.trim(),
    what,
    why,
  ]),
)}

Not in it: cold starts (in less than one invocation of a hundred), what SES takes for the data of a mail, a dashboard left open, exports, and
\`Idempotency-Key\`, whose row is written twice.`;
}

function pricesSection(): string {
  return `## Prices

${REGION}, on demand, as of ${PRICED_ON} (\`pages/cost/prices.json\`), in US dollars without tax. AWS’s pages of prices were not at hand: where a price was
seen is beside it. Look them up before you rely on the sums; change the file, and \`npm run cost\` makes this page anew.

${table(
  ['price', 'per', 'of what', 'free each month', 'where it is said', 'seen'],
  ITEMS.map((item) => {
    const { usd: price, per, service, what, source, seen } = PRICES[item];
    const allowance = ALLOWANCES.get(item);
    return [
      `$${price}`,
      per.toLocaleString('en-US'),
      `${service}: ${what}`,
      allowance === undefined ? '' : allowance.toLocaleString('en-US'),
      source,
      seen,
    ];
  }),
)}`;
}

export function costPage(figures: Figures): string {
  return `# What it costs

Made by \`npm run cost\`, which counts; nothing here was written by hand. A test fails where it is out of date.

${[idleSection, perMillionSection, exampleSection, assumptionsSection, pricesSection]
  .map((section) => section(figures))
  .join('\n\n')}
`;
}
