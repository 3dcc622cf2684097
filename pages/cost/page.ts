/** Generates docs/generated/cost.md from the counted usage. */
import { ASSUMED, assumed, type Assumption } from './assumptions.ts';
import type { Deployment } from './deployment.ts';
import type { IdleLine } from './idle.ts';
import { MILLION, goals, millionUsd, withoutSes, type Counted, type Goal } from './goals.ts';
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

export interface Figures extends Counted {
  readonly idle: readonly IdleLine[];
  readonly deployment: Deployment;
}

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

const PACES = ['burst', 'steady', 'trickle'] as const satisfies readonly Pace[];
const UNITS = ['email', 'webhook'] as const;
const COLUMNS = UNITS.flatMap((unit) => PACES.map((pace) => ({ unit, pace })));
const COLUMN_NAMES = COLUMNS.map(({ unit, pace }) => `1M ${unit}s, ${pace}`);
const ITEMS_WITHOUT_SES = ITEMS.filter((item) => PRICES[item].service !== 'SES');

function perMillionSection({ counts, deployment, retried }: Figures): string {
  const columns = COLUMNS.map(({ unit, pace }) => byService(withoutSes(counts[pace][unit])));
  const services = [...new Set(ITEMS_WITHOUT_SES.map((item) => PRICES[item].service))].filter((service) =>
    columns.some((column) => (column.get(service) ?? 0) >= 0.005),
  );
  const { ingest, dispatch, tally } = deployment.batchSize;
  const { together, alone } = retried;
  const extraUsd = millionUsd(alone) - millionUsd(counts.trickle.webhook);
  return `## A million emails, a million webhooks

- **An email** is one \`POST /v1/send\` request to one recipient, and its two events, \`sent\` and \`delivered\`. Each event is stored for 90 days,
  together with the complete SES event. The price of SES itself (${money(usd('ses.email', MILLION))} per million emails) is not included, because SES charges it with or
  without IvyMail Events.
- **A webhook** is one event that is sent to one endpoint. The endpoint accepts it at the first attempt.

The cost depends mostly on the traffic pattern, because a batch of Lambda and a group of deliveries share their calls to AWS:

- **Burst:** all emails at once. Every batch is full (${ingest} messages for ingest, ${dispatch} rows for dispatch, ${tally.toLocaleString('en-US')} rows for tally), and all webhooks go to one endpoint.${deployment.isTraced ? ' X-Ray records 5% of the executions.' : ''}
- **Steady:** ten emails a second. Their webhooks, ten a second, go to one endpoint. Lambda polls each shard of the stream every ${assumed('streamPollMs')} ms, and spreads the
  rows of a shard over ${deployment.dispatchParallelization} batches. So most batches of dispatch have one row.
- **Trickle:** a million emails are spread evenly over a month, one every 2.6 seconds. Every batch of ingest and dispatch has one record.${deployment.isTraced ? ' X-Ray records every execution.' : ''}

In each pattern, tally collects rows for ${deployment.tallyWindowSeconds} seconds, or until a batch is full. The cost of a real month is between burst and trickle. The option
\`tracing\` adds up to ${money(usd('xray.trace', MILLION))} to a million webhooks in a trickle.

${table(
  ['', ...COLUMN_NAMES],
  [
    ...services.map((service) => [service, ...columns.map((column) => money(column.get(service) ?? 0))]),
    [
      '**total**',
      ...columns.map((column) => `**${money([...column.values()].reduce((sum, each) => sum + each, 0))}**`),
    ],
  ],
)}

### Retries

Deliveries that fail together are retried together, in one Standard execution. A state transition costs ${money(usd('stepFunctions.transition', MILLION))} per million.

- **${together.size} webhooks of one endpoint fail at once, and the first retry succeeds:** a million such webhooks cost **${money(millionUsd(together.usage))}**. Redeliver
  makes ${amount(together.redeliverTransitions * together.size)} transitions for all ${together.size}. ${together.size} failures also open the endpoint’s breaker. Its two executions of Recover add ${amount(together.recoverTransitions * together.size)} transitions, which
  is ${money(usd('stepFunctions.transition', together.recoverTransitions * MILLION))} of the million’s cost.
- **A single webhook fails between others that succeed:** it has a Standard execution of its own. A million such webhooks cost ${money(millionUsd(alone))}. If one
  webhook in 50 needs a retry, a million webhooks cost ${money(extraUsd / 50)} more.

### Goals

${table(['figure', 'counted', 'goal', ''], goals({ counts, retried }).map(goalCells))}
${missedSection(goals({ counts, retried }))}
### Usage per email and per webhook

The Lambda functions process some hundred emails in one local process, in batches of the size that the template sets. Simulated AWS clients count the
usage (\`pages/cost/functions.ts\`): calls, log bytes, entered states, sent bytes and DynamoDB units. The units follow from the sizes of the rows
and include the writes to every index.

${table(
  ['', ...COLUMNS.map(({ unit, pace }) => `${unit}, ${pace}`)],
  ITEMS_WITHOUT_SES.filter((item) =>
    PACES.some((pace) => UNITS.some((unit) => counts[pace][unit].has(item))),
  ).map((item) => [countedName(item), ...countedCells(counts, item)]),
)}`;
}

function goalCells({ figure, value, limit, isMoney }: Goal): Cells {
  const format = isMoney ? money : amount;
  return [figure, format(value), `at most ${format(limit)}`, value <= limit ? 'met' : '**missed**'];
}

/** Items that cost less per million are not listed. */
const LISTED_FROM_USD = 0.25;

/** The largest costs of each missed goal. */
function missedSection(all: readonly Goal[]): string {
  const missed = all.filter(({ value, limit, usage }) => usage !== undefined && value > limit);
  if (missed.length === 0) return '';
  const dollars = ({ usage }: Goal, item: Item): number => usd(item, (usage?.get(item) ?? 0) * MILLION);
  const listed = ITEMS_WITHOUT_SES.filter((item) =>
    missed.some((goal) => dollars(goal, item) >= LISTED_FROM_USD),
  );
  return `
These items stand in the way of the missed goals. Items of less than ${money(LISTED_FROM_USD)} are omitted:

${table(
  ['', ...missed.map(({ figure }) => figure)],
  listed.map((item) => [countedName(item), ...missed.map((goal) => money(dollars(goal, item)))]),
)}
`;
}

/** Whether AWS bills the item by the GB. The usage of one email is shown in bytes, because it is far below a GB. */
const isShownInBytes = (item: Item): boolean => /\bGB\b(?!-)/.test(PRICES[item].what);

function countedName(item: Item): string {
  const { service, what } = PRICES[item];
  return `${service}: ${isShownInBytes(item) ? what.replace('GB', 'bytes') : what}`;
}

function countedCells(counts: Figures['counts'], item: Item): Cells {
  return COLUMNS.map(({ unit, pace }) => {
    const quantity = counts[pace][unit].get(item) ?? 0;
    return Math.abs(quantity) < 1e-9 ? '0' : amount(quantity * (isShownInBytes(item) ? 1e9 : 1));
  });
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
  ['', ...PACES],
  [
    row(
      'idle deployment',
      PACES.map(() => idleUsage),
    ),
    row(
      '1,000,000 emails',
      PACES.map((pace) => scaled(withoutSes(counts[pace].email), MILLION)),
    ),
    row(
      '1,000,000 webhooks',
      PACES.map((pace) => scaled(counts[pace].webhook, MILLION)),
    ),
    row(
      'KMS requests for the table’s AWS managed key',
      PACES.map(() => keyRequests),
    ),
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
executions come from the template, and so does the window of tally (${deployment.tallyWindowSeconds} s). The duration of an invocation is the sum of its processing time and its calls,
one after the other. Webhooks are the exception: the deliver function has up to 20 requests in flight, and these wait for their responses at the same
time. The simulated receiver responds only after the function starts no more requests. So the concurrency is that of the code, not an assumption. The
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
