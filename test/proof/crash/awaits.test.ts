import { labels, passed } from './points.ts';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { SEED } from '../size.ts';
import { aDay, live } from './scenario.ts';
import { pointsOf } from './write.ts';
import { WRITES } from './writes.ts';

/** What changes nothing: a process that ends there leaves all as it was. */
const READS: ReadonlySet<string> = new Set([
  'api/api-keys.ts list.handle',
  'api/dashboard.ts asset.handle',
  'api/dashboard.ts pageAt',
  'api/deliveries.ts get.handle',
  'api/deliveries.ts listOfEndpoint.handle',
  'api/pages.ts positionOf',
  'api/pages.ts toList',
  'api/recoveries.ts get.handle',
  'api/send-logs.ts exportLogs.handle',
  'api/send-logs.ts list.handle',
  'api/send-logs.ts readLogs',
  'api/send-logs.ts timeline.handle',
  'api/site.ts siteRoutes.handle',
  'api/stats.ts get.handle',
  'api/suppressions.ts get.handle',
  'api/suppressions.ts list.handle',
  'api/suppressions.ts pageOf',
  'api/webhooks.ts check.handle',
  'api/webhooks.ts get.handle',
  'api/webhooks.ts list.handle',
  'api/webhooks.ts listChanges.handle',
  'api/workspace.ts get.handle',
  'store/api-keys.ts hasApiKey',
  'store/counters.ts readEndpointCounters',
  'store/counters.ts readEventCounters',
  'store/endpoint-history.ts listEndpointHistory',
  'store/events.ts listEvents',
  'store/probes.ts readReceipt',
  'store/suppressions.ts listSuppressions',
  'store/timeline.ts getTimeline',
  'store/timeline.ts rawOf',
  'store/timeline.ts readRows',
  'store/workspaces.ts getWorkspace',
  'store/workspaces.ts listWorkspaces',
  // Two that are replaced in both scenarios; a process ends as they answer, in whoever awaits them.
  'delivery/address-guard.ts createResolve',
  'delivery/send.ts createSender',
]);
/** The second of two reads: where the event is one of several of its SES event, and of more than 1,000 held deliveries. */
const SECOND_READS: ReadonlySet<string> = new Set([
  'store/events.ts getRawEvent 2',
  'store/held-deliveries.ts countHeld 2',
]);

/** Of `store/put-rows.ts putBatch 2`, all but the number. */
function functionOf(label: string): string {
  return label.slice(0, label.lastIndexOf(' '));
}

// Whoever imports it or not: what no scenario loads has awaits, too.
const PRODUCT = resolve(import.meta.dirname, '../../../lambdas');
await Promise.all(
  ['store', 'ingest', 'tally', 'delivery', 'api'].flatMap((folder) =>
    readdirSync(join(PRODUCT, folder))
      .filter((file) => file.endsWith('.ts'))
      .map((file): Promise<unknown> => import(join(PRODUCT, folder, file))),
  ),
);
await live(await aDay(SEED));
const points = new Set(passed.keys());
for (const write of Object.values(WRITES))
  for (const label of (await pointsOf(write)).keys()) points.add(label);
const isRead = (label: string): boolean => READS.has(functionOf(label)) || SECOND_READS.has(label);

it('comes by every await but those of reads: there pipeline.test.ts or api.test.ts ends a process', () => {
  expect(labels.filter((label) => !points.has(label) && !isRead(label))).toEqual([]);
});

it('has no read on its list that a write comes by, and none that is gone', () => {
  expect([...points].filter(isRead)).toEqual([]);
  const all = new Set([...labels, ...labels.map(functionOf)]);
  expect([...READS, ...SECOND_READS].filter((read) => !all.has(read))).toEqual([]);
});
