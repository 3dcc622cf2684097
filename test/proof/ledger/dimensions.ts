/** Compares the counters by dimension with a recount of the event rows, which uses none of the product's rules for values. */
import { COUNTER_NAMES } from '../../../lambdas/core/stats.ts';
import type { EmailEvent } from '../../../lambdas/core/events.ts';
import { toEmailEvent } from '../../../lambdas/store/event-rows.ts';
import type { Row } from '../../../lambdas/store/table.ts';
import { isSimulatorAddress } from '../../../sim/ses/email-lifecycle.ts';

const OTHER = 'other';
const PROVIDER_OF_DOMAIN: Readonly<Record<string, string>> = {
  'gmail.com': 'gmail',
  'outlook.de': 'microsoft',
  'yahoo.com': 'yahoo',
  'proton.me': 'proton',
};

/** The counts by `workspace dimension value counter`. */
type Counts = Map<string, number>;

function add(counts: Counts, key: string, count = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function valuesOf({
  to = '',
  from,
  tags = [],
  configuration_set: set,
  event,
  details,
}: EmailEvent): string[] {
  const domain = to.slice(to.lastIndexOf('@') + 1).toLowerCase();
  const hasReason = event === 'bounced' || event === 'soft_bounced' || event === 'delayed';
  return [
    `provider ${PROVIDER_OF_DOMAIN[domain] ?? OTHER}`,
    `sender ${from.toLowerCase() || '(none)'}`,
    ...(tags.length > 0 ? tags.map(([name, value]) => `tag ${name}:${value}`) : ['tag (none)']),
    `configuration_set ${set ?? '(none)'}`,
    ...(hasReason ? [`reason ${details.reason}`] : []),
  ];
}

/** The counts that the rows of the table must contain. `countersOf` returns the counters of an event. */
function recount(
  events: readonly EmailEvent[],
  countersOf: (event: EmailEvent) => readonly string[],
): Counts {
  const counts: Counts = new Map();
  const delayed = new Set<string>();
  for (const event of events) {
    const { workspace_id: workspaceId, message_id: messageId, to = '' } = event;
    const names = [...countersOf(event)];
    const email = `${workspaceId} ${messageId} ${to.toLowerCase()}`;
    if (event.event === 'delayed' && !isSimulatorAddress(to) && !delayed.has(email)) {
      delayed.add(email);
      names.push('delayed_emails');
    }
    for (const value of valuesOf(event))
      for (const name of names) add(counts, `${workspaceId} ${value} ${name}`);
  }
  return counts;
}

function storedCounts(rows: readonly Row[], interval: string): Counts {
  const counts: Counts = new Map();
  for (const row of rows) {
    const [, workspaceId = '', dimension = '', ofInterval] = row.pk.split('#');
    if (row['kind'] !== 'dimension_counters' || ofInterval !== interval) continue;
    const value = row.sk.includes('#') ? row.sk.slice(row.sk.indexOf('#') + 1) : OTHER;
    for (const name of [...COUNTER_NAMES, 'delayed_emails'])
      if (row[name] !== undefined)
        add(counts, `${workspaceId} ${dimension} ${value} ${name}`, Number(row[name]));
  }
  return counts;
}

/** Every difference between the counters by dimension, of hours and of days, and the recount. */
export function dimensionViolations(
  rows: readonly Row[],
  countersOf: (event: EmailEvent) => readonly string[],
): readonly string[] {
  const events = rows.filter((row) => row['kind'] === 'event').map(toEmailEvent);
  const expected = recount(events, countersOf);
  return ['hour', 'day'].flatMap((interval) => {
    const stored = storedCounts(rows, interval);
    return [...new Set([...expected.keys(), ...stored.keys()])].flatMap((key) => {
      const [counted = 0, recounted = 0] = [stored.get(key), expected.get(key)];
      return counted === recounted ? [] : [`counter by ${interval} ${counted}, recount ${recounted}: ${key}`];
    });
  });
}
