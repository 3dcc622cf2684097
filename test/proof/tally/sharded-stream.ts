/** The stream of a table with eight shards. All records are events of one workspace, and their webhooks to one endpoint. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { Attempt } from '../../../lambdas/core/deliveries.ts';
import { EVENT_NAMES } from '../../../lambdas/core/events.ts';
import {
  COUNTER_NAMES,
  addEndpointCounts,
  zeroCounts,
  type EventCounts,
} from '../../../lambdas/core/stats.ts';
import { formatTimestamp } from '../../../lambdas/core/timestamps.ts';
import {
  readEndpointCounters,
  readEventCounters,
  type CounterRange,
} from '../../../lambdas/store/counters.ts';
import { readDimensionCounters } from '../../../lambdas/store/dimension-counters.ts';
import { eventRows } from '../../../lambdas/store/event-rows.ts';
import { KIND, deliveryKey } from '../../../lambdas/store/keys.ts';
import type { Row } from '../../../lambdas/store/table.ts';
import { WORKSPACE_ID, anEndpoint, anEvent } from '../../../sim/builders/events.ts';
import { createStream } from '../../../sim/stream.ts';
import { SimulatedDeployment } from '../../../sim/deployment.ts';
import { SEED } from '../size.ts';

export const SHARDS = 8;
export const EVENTS_PER_SECOND = 1_000;
const START_MS = Date.parse('2026-03-01T00:00:00Z');
const DAY_MS = 86_400_000;
/** Events are inserted ten times a second. */
const PARTS = 10;
const ENDPOINT = anEndpoint();
/** The domains of the recipients, with the value under which they count. */
const PROVIDERS = [
  ['gmail.com', 'gmail'],
  ['outlook.de', 'microsoft'],
  ['customer.example', 'other'],
] as const;
const TAGS = 4;
const DIMENSIONS = ['provider', 'tag', 'configuration_set', 'sender'] as const;

/** The sums over all counters of the workspace and the endpoint. */
export interface Counted {
  readonly events: EventCounts;
  readonly attempts: number;
  readonly failures: number;
  /** The attempts in the histogram of durations. */
  readonly durations: number;
  /** The number of events of each value of a dimension, by dimension and value. */
  readonly byValue: Readonly<Record<string, number>>;
}

interface Command {
  readonly input: { readonly TransactItems?: unknown };
}

function isConflict(error: unknown): boolean {
  return (
    error instanceof TransactionCanceledException &&
    (error.CancellationReasons ?? []).some(({ Code }) => Code === 'TransactionConflict')
  );
}

export class ShardedStream {
  readonly deployment = new SimulatedDeployment({ seed: SEED, startMs: START_MS, shards: SHARDS });
  /** The tries of all transactions, and the tries that DynamoDB refused because of another transaction. */
  readonly tries = { all: 0, refused: 0 };
  /** The writes of the transactions whose last try was refused. */
  private readonly refused = new Set<unknown>();
  private readonly inserted = {
    events: zeroCounts(),
    attempts: 0,
    failures: 0,
    byValue: {} as Record<string, number>,
  };
  private readonly insert = createStream([this.deployment.tallyReader]);
  private number = 0;

  /** `sets` are the configuration sets of the emails. Each has every kind of event. */
  constructor(readonly sets: readonly [string, ...string[]]) {
    const { client } = this.deployment.table;
    const send = client.send.bind(client) as (command: object) => Promise<unknown>;
    Object.assign(client, {
      send: async (command: Command) => {
        const { TransactItems: writes } = command.input;
        if (writes !== undefined) this.tries.all += 1;
        this.refused.delete(writes);
        try {
          return await send(command);
        } catch (error) {
          if (isConflict(error)) {
            this.tries.refused += 1;
            this.refused.add(writes);
          }
          throw error;
        }
      },
    });
  }

  /** The share of the transactions that were refused at every try, so that Lambda must deliver their batch again. */
  get failedShare(): number {
    const { all, refused } = this.tries;
    return this.refused.size / (all - refused + this.refused.size);
  }

  /** What the counters must contain when all records are counted. */
  get expected(): Counted {
    return { ...this.inserted, durations: this.inserted.attempts };
  }

  /** The age of the oldest record that is not counted, in seconds. */
  get ageSeconds(): number {
    const { clock, tallyReader } = this.deployment;
    return (clock.nowMs - (tallyReader.oldestMs ?? clock.nowMs)) / 1_000;
  }

  /** Lets a second pass with new events in it. */
  async runSecond(): Promise<void> {
    const { clock } = this.deployment;
    for (let part = 0; part < PARTS; part += 1)
      clock.after((part * 1_000) / PARTS, () => {
        for (let count = 0; count < EVENTS_PER_SECOND / PARTS; count += 1) this.insertEvent();
      });
    await clock.run(clock.nowMs + 1_000);
  }

  /** Inserts an event, and its delivery with an attempt. */
  private insertEvent(): void {
    const { nowMs } = this.deployment.clock;
    const number = (this.number += 1);
    const event = EVENT_NAMES[number % EVENT_NAMES.length] ?? 'sent';
    const hasFailed = number % 7 === 0;
    const at = formatTimestamp(nowMs);
    const [domain, provider] = PROVIDERS[number % PROVIDERS.length] ?? PROVIDERS[0];
    const tag = String(number % TAGS);
    const set = this.sets[Math.floor(number / EVENT_NAMES.length) % this.sets.length] ?? this.sets[0];
    const emailEvent = anEvent({
      message_id: `message-${number}`,
      event,
      timestamp: at,
      to: `ann@${domain}`,
      tags: [['n', tag]],
      configuration_set: set,
      details: {},
    });
    const attempt: Attempt = {
      number: 1,
      trigger: 'auto',
      started_at: at,
      duration_ms: number % 5_000,
      ...(hasFailed ? { error_class: 'timeout' } : { status_code: 200 }),
    };
    // Without the text of an SES event, IvyMail created the event.
    const isUnpublished = number % 5 === 0;
    const retention = { retentionDays: 90, receivedAtMs: nowMs };
    this.insert(eventRows([emailEvent], retention, isUnpublished ? undefined : '{}')[0] as Row);
    this.insert({ ...deliveryKey(emailEvent, ENDPOINT.id), kind: KIND.delivery, attempt });
    this.inserted.events[event] += 1;
    const { byValue } = this.inserted;
    const values = [
      `provider ${provider}`,
      `tag n:${tag}`,
      `configuration_set ${set}`,
      `sender ${emailEvent.from}`,
    ];
    for (const value of values) byValue[value] = (byValue[value] ?? 0) + 1;
    if (isUnpublished && event === 'suppressed') this.inserted.events.suppressed_before_send += 1;
    if (isUnpublished && event === 'failed') this.inserted.events.failed_before_send += 1;
    this.inserted.attempts += 1;
    if (hasFailed) this.inserted.failures += 1;
  }

  async counted(): Promise<Counted> {
    const { table } = this.deployment;
    const range = { interval: 'hour' as const, afterMs: START_MS, beforeMs: START_MS + DAY_MS };
    const events = zeroCounts();
    for (const counts of (await readEventCounters(table, WORKSPACE_ID, range)).values())
      for (const name of COUNTER_NAMES) events[name] += counts[name];
    const address = { workspaceId: WORKSPACE_ID, endpointId: ENDPOINT.id };
    const { attempts, failures, durations } = addEndpointCounts([
      ...(await readEndpointCounters(table, address, range)).values(),
    ]);
    const inHistogram = Object.values(durations).reduce((sum, count) => sum + count, 0);
    const byValue = await this.countedByValue(range);
    return { events, attempts, failures, durations: inHistogram, byValue };
  }

  private async countedByValue(range: CounterRange): Promise<Counted['byValue']> {
    const counted: Record<string, number> = {};
    for (const dimension of DIMENSIONS)
      for (const { value = 'other', counts } of await readDimensionCounters(
        this.deployment.table,
        { workspaceId: WORKSPACE_ID, dimension },
        range,
      )) {
        const events = EVENT_NAMES.reduce((sum, name) => sum + counts[name], 0);
        const key = `${dimension} ${value}`;
        // The row of `other` exists if it limits the named values, also without an event.
        if (events > 0) counted[key] = (counted[key] ?? 0) + events;
      }
    return counted;
  }
}
