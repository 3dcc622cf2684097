/** Generates docs/generated/cost.md from the counted usage. */
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
  readonly emails: number;
  readonly counts: Readonly<Record<Pace, Counts>>;
}

const MILLION = 1_000_000;
const IDLE_LIMIT_USD = 4;

function money(dollars: number): string {
  return `$${dollars.toFixed(2)}`;
}

/** A quantity with three significant digits. From 1,000, a whole number. */
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
  const billed = idle.filter(({ item }) => item !== undefined);
  const billedByUse = idle.filter(({ item, isFree }) => item === undefined && !isFree);
  const free = idle.filter(({ isFree }) => isFree);
  const result =
    total < IDLE_LIMIT_USD
      ? `That meets the goal of less than ${money(IDLE_LIMIT_USD)}.`
      : `That misses the goal of less than ${money(IDLE_LIMIT_USD)} by ${money(total - IDLE_LIMIT_USD)}.`;
  return `## A month without email

An idle deployment costs **${money(total)}** a month. ${result}
AWS gives every account a free allowance each month (see [Prices](#prices)). If no other workload in the account uses the allowance, an idle
deployment costs **${money(totalUsd(beyondAllowances(usage)))}** a month.

${table(
  ['cost per month', 'resource type', 'resources', 'quantity', 'what AWS bills'],
  [
    ...billed.map(({ type, resources, item, quantity, basis }) => [
      money(item ? usd(item, quantity) : 0),
      `\`${type}\``,
      resources,
      amount(quantity),
      basis,
    ]),
    ...billedByUse.map(({ type, resources, basis }) => [money(0), `\`${type}\``, resources, '', basis]),
    [
      `**${money(total)}**`,
      'total',
      '',
      '',
      `includes ${free.length} more resource types that are always free`,
    ],
  ],
)}

\`pages/cost/idle.ts\` has an entry for every resource type in the synthesized template. \`npm run cost\` fails for a resource type without an
entry. The table excludes the function bundles in the bucket of \`cdk bootstrap\`, because these few MB cost less than a cent.`;
}

/** The cost per service of a million times the usage. */
function byService(usage: Usage): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const item of ITEMS) {
    const { service } = PRICES[item];
    sums.set(service, (sums.get(service) ?? 0) + usd(item, (usage.get(item) ?? 0) * MILLION));
  }
  return sums;
}

const PACES = ['burst', 'trickle'] as const satisfies readonly Pace[];
/** The items without those of SES, because an email costs the same in SES without IvyMail Events. */
const ITEMS_WITHOUT_SES = ITEMS.filter((item) => PRICES[item].service !== 'SES');
const withoutSes = (usage: Usage): Usage =>
  new Map([...usage].filter(([item]) => ITEMS_WITHOUT_SES.includes(item)));

/** The cost of a million retries. */
function retriesUsd({ webhook, retriedWebhook }: Counts): number {
  return totalUsd(scaled(retriedWebhook, MILLION)) - totalUsd(scaled(webhook, MILLION));
}

function perMillionSection({ counts, deployment, emails }: Figures): string {
  const columns = (['email', 'webhook'] as const).flatMap((unit) =>
    PACES.map((pace) => byService(withoutSes(counts[pace][unit]))),
  );
  const services = [...new Set(ITEMS_WITHOUT_SES.map((item) => PRICES[item].service))].filter((service) =>
    columns.some((column) => (column.get(service) ?? 0) >= 0.005),
  );
  const { ingest, dispatch, tally } = deployment.batchSize;
  return `## A million emails, a million webhooks

- **An email** is one \`POST /v1/send\` request to one recipient, and its two events, \`sent\` and \`delivered\`. Each event is stored for 90 days,
  together with the complete SES event. The price of SES itself (${money(usd('ses.email', MILLION))} per million emails) is not included, because SES charges it with or
  without IvyMail Events.
- **A webhook** is one event that is sent to one endpoint. The endpoint accepts it at the first attempt.

The cost depends mostly on the traffic pattern:

- **Burst:** every batch is full (${ingest} messages for ingest, ${dispatch} rows for dispatch, ${tally.toLocaleString('en-US')} rows for tally).${deployment.isTraced ? ' X-Ray records 5% of the executions.' : ''}
- **Trickle:** a million emails are spread evenly over a month, one every 2.6 seconds. Every batch has one record.${deployment.isTraced ? ' X-Ray records every execution.' : ''}

The cost of a real month is between the two. The option \`tracing\` adds up to ${money(usd('xray.trace', MILLION))} to a million webhooks in a trickle.

${table(
  ['', '1M emails, burst', '1M emails, trickle', '1M webhooks, burst', '1M webhooks, trickle'],
  [
    ...services.map((service) => [service, ...columns.map((column) => money(column.get(service) ?? 0))]),
    [
      '**total**',
      ...columns.map((column) => `**${money([...column.values()].reduce((sum, each) => sum + each, 0))}**`),
    ],
  ],
)}

A million webhooks that fail once and succeed at the first retry cost ${PACES.map((pace) =>
    money(totalUsd(scaled(counts[pace].retriedWebhook, MILLION))),
  ).join(' (burst) to ')} (trickle).
A retry runs in a Standard execution with ${amount(counts.burst.retriedWebhook.get('stepFunctions.transition') ?? 0)} state transitions, at ${money(usd('stepFunctions.transition', MILLION))} per million transitions. If one webhook in 50 needs a retry, a
million webhooks cost ${money(retriesUsd(counts.burst) / 50)} more.

### Usage per email and per webhook

The Lambda functions process ${emails} emails in one local process, in batches of the size that the template sets. Simulated AWS clients count the
usage (\`pages/cost/functions.ts\`): calls, log bytes, entered states, sent bytes and DynamoDB units. The units follow from the sizes of the rows
and include the writes to every index.

${table(
  ['', 'email, burst', 'email, trickle', 'webhook, burst', 'webhook, trickle'],
  ITEMS_WITHOUT_SES.filter((item) =>
    PACES.some((pace) => counts[pace].email.has(item) || counts[pace].webhook.has(item)),
  ).map((item) => [countedName(item), ...countedCells(counts, item)]),
)}`;
}

/** Whether AWS bills the item by the GB. The usage of one email is shown in bytes, because it is far below a GB. */
const isShownInBytes = (item: Item): boolean => /\bGB\b(?!-)/.test(PRICES[item].what);

function countedName(item: Item): string {
  const { service, what } = PRICES[item];
  return `${service}: ${isShownInBytes(item) ? what.replace('GB', 'bytes') : what}`;
}

function countedCells(counts: Figures['counts'], item: Item): Cells {
  return (['email', 'webhook'] as const).flatMap((unit) =>
    PACES.map((pace) => {
      const quantity = counts[pace][unit].get(item) ?? 0;
      return Math.abs(quantity) < 1e-9 ? '0' : amount(quantity * (isShownInBytes(item) ? 1e9 : 1));
    }),
  );
}

function exampleSection({ idle, counts }: Figures): string {
  const keyRequests: Usage = new Map([
    ['kms.request', (assumed('keyCallers') * assumed('monthSeconds')) / 300],
  ]);
  const idleUsage = usageOfIdle(idle);
  const months = PACES.map((pace) =>
    added(
      idleUsage,
      keyRequests,
      scaled(withoutSes(counts[pace].email), MILLION),
      scaled(counts[pace].webhook, MILLION),
    ),
  );
  const row = (name: string, usages: readonly Usage[]): Cells => [
    name,
    ...usages.map((usage) => money(totalUsd(usage))),
  ];
  return `## A month with 1,000,000 emails and 1,000,000 webhooks

The storage cost is that of a deployment older than 90 days, which stores the rows of three months.

${table(
  ['', 'burst', 'trickle'],
  [
    row('idle deployment', [idleUsage, idleUsage]),
    row(
      '1,000,000 emails',
      PACES.map((pace) => scaled(withoutSes(counts[pace].email), MILLION)),
    ),
    row(
      '1,000,000 webhooks',
      PACES.map((pace) => scaled(counts[pace].webhook, MILLION)),
    ),
    row('KMS requests for the table’s AWS managed key', [keyRequests, keyRequests]),
    ['**IvyMail Events**', ...months.map((usage) => `**${money(totalUsd(usage))}**`)],
    row('IvyMail Events, after the free allowances', months.map(beyondAllowances)),
    ['SES, with or without IvyMail Events', ...PACES.map(() => money(usd('ses.email', MILLION)))],
  ],
)}`;
}

function assumptionsSection({ deployment }: Figures): string {
  const memory = Object.entries(deployment.memoryMb)
    .map(([name, mb]) => `${name} ${mb.toLocaleString('en-US')}`)
    .join(', ');
  return `## Assumptions

The memory sizes (in MB: ${memory}), the batch sizes and the tracing of
executions come from the template. The duration of an invocation is the sum of its processing time and its calls, one after the other. The
following values are assumed, because a local process cannot measure them:

${table(
  ['value', 'description', 'reason or source'],
  Object.values<Assumption>(ASSUMED).map(({ value, unit, description, reason }) => [
    `${value.toLocaleString('en-US')} ${unit}`.trim(),
    description,
    reason,
  ]),
)}

The costs exclude:

- cold starts, which occur in less than 1% of the invocations
- the charge of SES for the data of an email
- the requests of an open dashboard
- exports
- \`Idempotency-Key\`, whose row is written twice per email`;
}

function pricesSection(): string {
  return `## Prices

The prices are on-demand prices in ${REGION} as of ${PRICED_ON}, in US dollars without tax. **Check them before you rely on the totals**: some were
not read from the AWS pricing page itself. The column “read from” states the origin of each price. To use other prices, edit
\`pages/cost/prices.json\` and run \`npm run cost\`.

${table(
  ['price', 'per', 'item', 'free per month', 'source', 'read from'],
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
  return `# Cost

This page shows the AWS cost of a deployment: idle, per million emails and per million webhooks. \`npm run cost\` generates the page from the template and from counted usage. Do not edit it by hand. A test fails if the page is out of date.

${[idleSection, perMillionSection, exampleSection, assumptionsSection, pricesSection]
  .map((section) => section(figures))
  .join('\n\n')}
`;
}
