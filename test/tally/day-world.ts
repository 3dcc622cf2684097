/**
 * A day of a sender in the mode `pause`. The stream, the batching window and the clock are models. Tally, the guard and the resume are
 * the product.
 */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { TALLY_BATCH_SIZE, TALLY_FILTERS, TALLY_WINDOW_SECONDS } from '../../lib/tally-stream.ts';
import { pausedByPerson } from '../../lambdas/core/reputation/manual.ts';
import type { ReputationMode } from '../../lambdas/core/reputation/types.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import { changeScope, resumeScope } from '../../lambdas/store/change-scope.ts';
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

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const MIDNIGHT_MS = Date.parse('2026-02-25T00:00:00Z');

/** SES reports a hard bounce this long after the send. */
const BOUNCE_DELAY_MS = { min: 2_000, max: 45_000 };

interface Emails {
  readonly name: string;
  /** Between two emails. */
  readonly gapMs: number;
  readonly bounceShare: number;
  /** This share of the bounces arrives at some time in the 20 minutes after the send. Default: none. */
  readonly lateShare?: number;
  /** Default: no limit. */
  readonly size?: number;
  /** Epoch milliseconds. No email is sent from then on. Default: no end. */
  readonly endMs?: number;
}
const LATE_MS = 20 * MINUTE_MS;

/** 400 emails an hour with 0.8 % bounces. */
export const NORMAL: Emails = { name: 'normal', gapMs: 9_000, bounceShare: 0.008 };

export async function setUpDay({ mode = 'pause' }: { readonly mode?: ReputationMode } = {}) {
  const clock = new Clock(MIDNIGHT_MS);
  const dice = new Dice(seededRandom(20_261_130));
  const table = simulatedTable();
  const setMode = (next: ReputationMode) => writeReputationSettings(table, WORKSPACE_ID, { mode: next });
  await setMode(mode);
  const deps = { table, retentionDays: 90, now: clock.now, names: new NamedValues() };
  /** When the guard stored a pause, in epoch milliseconds. */
  const pauses: number[] = [];
  let isPaused = false;
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
      if (state === 'paused' && !isPaused) pauses.push(clock.nowMs);
      isPaused = state === 'paused';
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
  const sendEmail = (messageId: string, { bounceShare, lateShare = 0 }: Emails) => {
    void store('sent', messageId);
    const outcome = dice.chance(bounceShare) ? 'bounced' : 'delivered';
    const isLate = outcome === 'bounced' && lateShare > 0 && dice.chance(lateShare);
    const delayMs = isLate
      ? dice.below(LATE_MS)
      : BOUNCE_DELAY_MS.min + dice.below(BOUNCE_DELAY_MS.max - BOUNCE_DELAY_MS.min);
    clock.after(delayMs, () => void store(outcome, messageId));
  };
  const send = (emails: Emails, rest = emails.size ?? Infinity) => {
    if (rest === 0 || clock.nowMs >= (emails.endMs ?? Infinity)) return;
    // The API refuses every email while the workspace is paused.
    if (!isPaused) sendEmail(`${emails.name}-${counts.sent}`, emails);
    clock.after(emails.gapMs, () => send(emails, isPaused ? rest : rest - 1));
  };
  const scope = () => ({
    workspaceId: WORKSPACE_ID,
    configurationSet: null,
    nowMs: clock.nowMs,
    retentionDays: 90,
  });
  return {
    clock,
    table,
    counts,
    pauses,
    setMode,
    /** Begins to send these emails `afterMs` after midnight. */
    sendAfter: (afterMs: number, emails: Emails) => clock.after(afterMs, () => send(emails)),
    /** A person pauses the workspace. */
    pause: async () => {
      const change = scope();
      await changeScope(table, change, (previous) =>
        pausedByPerson(previous, { by: 'key_person', nowMs: change.nowMs }),
      );
      isPaused = true;
    },
    /** A person resumes the workspace. */
    resume: async () => {
      await resumeScope(table, scope(), { by: 'key_person', graceHours: 24 });
      isPaused = false;
    },
    /** Runs to a time after midnight, or to the next pause by the guard. */
    runUntil: async (afterMs: number) => {
      const before = pauses.length;
      while (pauses.length === before && clock.nowMs < MIDNIGHT_MS + afterMs)
        await clock.run(clock.nowMs + MINUTE_MS / 6);
    },
  };
}
