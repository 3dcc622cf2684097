import { awaitLabels, settledAwaits } from './points.ts';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { SEED } from '../size.ts';
import { createScenario, runScenario } from './scenario.ts';
import { countAwaits } from './write.ts';
import { WRITES } from './writes.ts';

/** Functions that change nothing. A process that ends in one of them leaves the table as it was. */
const READS: ReadonlySet<string> = new Set([
  'api/api-keys.ts list.handle',
  'api/dashboard.ts asset.handle',
  'api/dashboard.ts pageAt',
  'api/deliveries.ts get.handle',
  'api/deliveries.ts listForEndpoint.handle',
  'api/messages.ts messages.handle',
  'api/no-route.ts pageForPerson',
  'api/pages.ts positionOf',
  'api/pages.ts toList',
  'api/recoveries.ts get.handle',
  'api/search.ts planSearch',
  'api/breakdown.ts readBreakdown',
  'api/breakdown.ts worker',
  'api/reputation.ts dryRun.handle',
  'api/reputation.ts history.handle',
  'api/response.ts pageInstead',
  'api/send-logs.ts exportLogs.handle',
  'api/send-logs.ts list.handle',
  'api/send-logs.ts readLogs',
  'api/send-logs.ts timeline.handle',
  'api/ses-account.ts readAccount',
  'api/site.ts asset.handle',
  'api/site.ts fileRoutes.handle',
  'api/site.ts home.handle',
  'api/site.ts page.handle',
  'api/stats.ts get.handle',
  'api/suppressions.ts get.handle',
  'api/suppressions.ts findOne',
  'api/webhooks.ts check.handle',
  'api/webhooks.ts get.handle',
  'api/webhooks.ts list.handle',
  'api/webhooks.ts listChanges.handle',
  'api/workspace.ts get.handle',
  'store/api-keys.ts hasApiKey',
  'store/counters.ts readEndpointCounters',
  'store/endpoint-history.ts listEndpointHistory',
  'store/events.ts getEvent',
  'store/events.ts hasEvents',
  'store/events.ts listEvents',
  'store/message-events.ts readMessageEvents',
  'store/message-events.ts readMore',
  'store/message-events.ts readNewest',
  'store/message-events.ts readOldest',
  'store/message-events.ts readOnce',
  'store/message-events.ts readRecipient',
  'store/messages.ts listMessages.resolve',
  'store/walk.ts fill',
  'store/walk.ts hasMoreRows',
  'store/walk.ts page',
  'store/walk.ts resolveWaiting',
  'store/walk.ts step',
  'store/doctor-probes.ts readReceipt',
  'store/list-suppressions.ts listByAddress',
  'store/reputation-replay.ts readReplay',
  'store/reputation-view.ts readContributors',
  'store/reputation.ts listReputationHistory',
  'store/timeline.ts getTimeline',
  'store/timeline.ts readPendingDeliveries',
  'store/timeline.ts readRawEvents',
  'store/timeline.ts readRows',
  'store/workspaces.ts getWorkspace',
  'store/workspaces.ts listWorkspaces',
  // Both scenarios replace the resolver and the sender, which calls `resolveAllowed`. A crash there is the same as a crash at the
  // await in their caller.
  'delivery/address-guard.ts createResolve',
  'delivery/address-guard.ts resolveAllowed',
  'delivery/send.ts createSender',
]);
/**
 * Awaits after the first read in their function. The list of suppressions with an address has the third one. `getRawEvent` needs the second one if the SES event has several recipients,
 * and `countHeld` if there are more than 1,000 held deliveries.
 */
const SECOND_READS: ReadonlySet<string> = new Set([
  'api/suppressions.ts list.handle 3',
  'store/events.ts getRawEvent 2',
  'store/count-held-deliveries.ts countHeld 2',
  // The contributors are read only if there is a bounce or a complaint.
  'store/reputation-view.ts readScopes 2',
]);

/** `store/put-rows.ts putBatch 2` without the number. */
function withoutNumber(label: string): string {
  return label.slice(0, label.lastIndexOf(' '));
}

// Loads every file, because a file that no scenario imports also contains awaits.
const PRODUCT = resolve(import.meta.dirname, '../../../lambdas');
await Promise.all(
  ['store', 'ingest', 'tally', 'delivery', 'api'].flatMap((folder) =>
    readdirSync(join(PRODUCT, folder))
      .filter((file) => file.endsWith('.ts'))
      .map((file): Promise<unknown> => import(join(PRODUCT, folder, file))),
  ),
);
await runScenario(await createScenario(SEED));
const reached = new Set(settledAwaits.keys());
for (const write of Object.values(WRITES))
  for (const label of (await countAwaits(write)).keys()) reached.add(label);
const isRead = (label: string): boolean => READS.has(withoutNumber(label)) || SECOND_READS.has(label);

it('reaches every await except those of reads, so that pipeline.ts or api.test.ts ends a process there', () => {
  expect(awaitLabels.filter((label) => !reached.has(label) && !isRead(label))).toEqual([]);
});

it('lists no read that a write reaches, and no read that does not exist', () => {
  expect([...reached].filter(isRead)).toEqual([]);
  const all = new Set([...awaitLabels, ...awaitLabels.map(withoutNumber)]);
  expect([...READS, ...SECOND_READS].filter((read) => !all.has(read))).toEqual([]);
});
