import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { EmailEvent } from '../../../lambdas/core/events.ts';
import { timelinesOf } from '../../../lambdas/core/message-status.ts';
import { normalise } from '../../../lambdas/core/normalise.ts';
import { ingestBatch } from '../../../lambdas/store/ingest-batch.ts';
import { workspaceDirectory } from '../../../lambdas/store/workspaces.ts';
import { memoryTable } from '../../fakes/memory-table.ts';
import { Dice, seededRandom } from '../world/random.ts';
import { lifeOf, statusAfter } from '../world/mail.ts';
import { SEED, sized } from '../size.ts';
import { fault } from './fault.ts';

describe('events of SES', () => {
  fault(34, () => {
    const lives = sized(300, 10_000);
    const dice = new Dice(seededRandom(SEED));
    let orders = 0;
    for (let life = 0; life < lives; life += 1) {
      const told = lifeOf(dice, { acceptedAtMs: 1_772_000_000_000, workspaceId: 'ws_a' }).filter(
        (each) => !each.unreadable,
      );
      const events = told.flatMap(({ body }) =>
        normalise(JSON.parse(body)).events.map((event): EmailEvent => ({ ...event, workspace_id: 'ws_a' })),
      );
      const truth = (to: string | undefined) =>
        statusAfter(
          told.flatMap(({ facts }) => facts.filter((fact) => fact.to === to).map((fact) => fact.event)),
        );
      fc.assert(
        fc.property(
          fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
          (shuffled) => {
            orders += 1;
            for (const { to, status } of timelinesOf(shuffled)) expect(status).toBe(truth(to));
          },
        ),
        { seed: SEED + life, numRuns: 10 },
      );
    }
    return `${lives} lives of a mail, ${orders} orders, each event twice: one status`;
  });

  fault(36, async () => {
    const table = memoryTable();
    const own = 'arn:aws:sns:us-east-1:000000000000:ours';
    const envelope = (TopicArn: string): string =>
      JSON.stringify({ Type: 'Notification', MessageId: '1', TopicArn, Message: '{"eventType":"Send"}' });
    const foreign = ['arn:aws:sns:us-east-1:999999999999:ours', 'arn:aws:sns:us-east-1:000000000000:other'];
    const records = foreign.map((arn, index) => ({
      messageId: `m${index}`,
      body: envelope(arn),
      attributes: { SentTimestamp: '1772000000000' },
    })) as unknown as SQSRecord[];
    const deps = { table, workspaces: workspaceDirectory(table, () => 0), retentionDays: 90, topicArn: own };
    const { counts, failedMessageIds } = await ingestBatch(deps, records);
    const reasons = [...table.rows.values()].map((row) => row['reason']);
    expect(reasons).toEqual(foreign.map(() => 'foreign_topic'));
    expect([counts.events, failedMessageIds]).toEqual([0, []]);
    return `${counts.quarantined} quarantined as foreign_topic, ${counts.events} events; the policies: test/lib`;
  });
});
