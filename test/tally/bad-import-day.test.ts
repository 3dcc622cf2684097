/**
 * A day of a sender with 400 emails an hour. At 02:00, a person imports an old list and sends to it. The stream, the batching window and the
 * clock are models. Tally and the guard are the product.
 */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { TALLY_BATCH_SIZE, TALLY_FILTERS, TALLY_WINDOW_SECONDS } from '../../lib/tally-stream.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import { SES_LIMITS } from '../../lambdas/core/stats.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { readReputationState, writeReputationSettings } from '../../lambdas/store/reputation.ts';
import { evaluateReputation } from '../../lambdas/tally/evaluate-reputation.ts';
import { NamedValues } from '../../lambdas/tally/named-values.ts';
import { tallyBatch } from '../../lambdas/tally/tally-batch.ts';
import { WORKSPACE_ID, anEvent } from '../../sim/builders/events.ts';
import { Clock } from '../../sim/clock.ts';
import { Dice, seededRandom } from '../../sim/random.ts';
import { StreamReader, createStream } from '../../sim/stream.ts';
import { simulatedTable } from '../../sim/table.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MIDNIGHT_MS = Date.parse('2026-02-25T00:00:00Z');
const IMPORT_MS = MIDNIGHT_MS + 2 * HOUR_MS;

/** The volume in notices of AWS about the bounce rate of an account, with the bounce rate of this sender before the import. */
const ACCOUNT = { sent: 10_000, bounced: 80 };
/** Between two normal emails: 400 emails an hour. */
const NORMAL_GAP_MS = 9_000;
const NORMAL_BOUNCE_SHARE = 0.008;
const IMPORT = { size: 20_000, bounceShare: 0.18 };
/** SES reports a hard bounce this long after the send. */
const BOUNCE_DELAY_MS = { min: 2_000, max: 45_000 };

interface Day {
  /** Epoch milliseconds, when the guard stored the pause. */
  readonly pausedMs: number | undefined;
  /** What SES has sent and what has bounced at the pause, on top of the volume before. */
  readonly sent: number;
  readonly bounced: number;
}

/** Plays the day until the pause, or until an hour after the start of the import. */
async function playDay(importPerSecond: number): Promise<Day> {
  const clock = new Clock(MIDNIGHT_MS);
  const dice = new Dice(seededRandom(20_261_130));
  const table = simulatedTable();
  await writeReputationSettings(table, WORKSPACE_ID, { mode: 'pause' });
  const deps = { table, retentionDays: 90, now: clock.now, names: new NamedValues() };
  let pausedMs: number | undefined;
  const reader = new StreamReader({
    clock,
    shards: 1,
    filters: TALLY_FILTERS,
    batchSize: TALLY_BATCH_SIZE,
    windowSeconds: TALLY_WINDOW_SECONDS,
    parallelization: 1,
    consume: async (batch) => {
      const { touched } = await tallyBatch(deps, batch);
      await evaluateReputation(deps, touched);
      const { state } = await readReputationState(table, WORKSPACE_ID);
      if (state === 'paused') pausedMs ??= clock.nowMs;
      return undefined;
    },
  });
  table.onInsert = createStream([reader]);

  const counts = { sent: 0, bounced: 0 };
  const store = async (event: 'sent' | 'delivered' | 'bounced', messageId: string) => {
    if (event !== 'delivered') counts[event] += 1;
    const emailEvent = anEvent({
      workspace_id: WORKSPACE_ID,
      message_id: messageId,
      event,
      to: `${messageId}@example.com`,
      timestamp: formatTimestamp(clock.nowMs),
      details: {},
    });
    const [Item] = eventRows([emailEvent], { retentionDays: 90, receivedAtMs: clock.nowMs });
    await table.client.send(new PutCommand({ TableName: table.name, Item }));
  };
  const sendEmail = (messageId: string, bounceShare: number) => {
    void store('sent', messageId);
    const outcome = dice.chance(bounceShare) ? 'bounced' : 'delivered';
    const delayMs = BOUNCE_DELAY_MS.min + dice.below(BOUNCE_DELAY_MS.max - BOUNCE_DELAY_MS.min);
    clock.after(delayMs, () => void store(outcome, messageId));
  };
  const sendRepeatedly = (name: string, gapMs: number, bounceShare: number, rest = Infinity) => {
    // The API refuses every email while the workspace is paused.
    if (pausedMs !== undefined || rest === 0) return;
    sendEmail(`${name}-${counts.sent}`, bounceShare);
    clock.after(gapMs, () => sendRepeatedly(name, gapMs, bounceShare, rest - 1));
  };
  clock.after(0, () => sendRepeatedly('normal', NORMAL_GAP_MS, NORMAL_BOUNCE_SHARE));
  clock.after(2 * HOUR_MS, () =>
    sendRepeatedly('import', 1_000 / importPerSecond, IMPORT.bounceShare, IMPORT.size),
  );
  const isOver = () => pausedMs !== undefined || clock.nowMs >= IMPORT_MS + HOUR_MS;
  while (!isOver()) await clock.run(clock.nowMs + MINUTE_MS / 6);
  return { pausedMs, ...counts };
}

const accountRate = ({ sent, bounced }: { readonly sent: number; readonly bounced: number }) =>
  (ACCOUNT.bounced + bounced) / (ACCOUNT.sent + sent);

describe('a day with a bad import at 02:00', () => {
  it('would reach the rate at which SES pauses an account, if the whole import were sent', () => {
    const { size, bounceShare } = IMPORT;
    expect(accountRate({ sent: size, bounced: size * bounceShare })).toBeGreaterThan(SES_LIMITS.bounce.pause);
  });

  it.each([
    // 14 emails a second is the quota that SES gives a new account. A faster import bounces faster.
    { perSecond: 14, minutes: 1.4, rate: 0.019 },
    { perSecond: 3, minutes: 2.8, rate: 0.0135 },
  ])(
    'with $perSecond emails a second is paused after $minutes minutes, when the account is at $rate',
    async ({ perSecond, minutes, rate }) => {
      const day = await playDay(perSecond);
      const pausedAfter = ((day.pausedMs ?? Infinity) - IMPORT_MS) / MINUTE_MS;
      expect(pausedAfter).toBeGreaterThan(0);
      expect(pausedAfter).toBeLessThan(minutes);
      expect(pausedAfter).toBeLessThan(5);
      expect(accountRate(day)).toBeLessThan(rate);
      expect(accountRate(day)).toBeLessThan(SES_LIMITS.bounce.review);
    },
  );
});
