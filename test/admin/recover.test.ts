/** The command `recover`, from the command line to the table. */
import { describe, expect, it } from 'vitest';
import { ADMIN_COMMANDS } from '../../admin/commands.ts';
import { PROGRAM } from '../../bin/commands.ts';
import { parse } from '../../cli/parse.ts';
import { UsageError } from '../../cli/usage-error.ts';
import type { Endpoint } from '../../lambdas/core/endpoints.ts';
import { DEFAULT_WORKSPACE_ID, deterministicId } from '../../lambdas/core/ids.ts';
import { getRecovery } from '../../lambdas/store/commands.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { putEndpoint } from '../../sim/builders/rows.ts';
import { createTestDeployment } from './deployment.ts';

const ENDPOINT = anEndpoint({ workspace_id: DEFAULT_WORKSPACE_ID, created_at: '2026-02-25T12:00:00Z' });
const OTHER = deterministicId('ep', ['other']);
const SINCE = ['--since', '2026-02-25T00:00:00Z'];
const DRY_RUN = [...SINCE, '--dry-run'];

/** A deployment with an endpoint, two events from before its creation, and one event that it did not get. */
async function setUp(changes: Partial<Endpoint> = {}) {
  const { deployment, table } = createTestDeployment();
  await putEndpoint(table, { ...ENDPOINT, ...changes });
  const events = ['2026-02-25T11:00:00Z', '2026-02-25T11:59:59Z', '2026-02-25T12:00:01Z'].map((timestamp) =>
    anEvent({ workspace_id: DEFAULT_WORKSPACE_ID, timestamp, message_id: timestamp }),
  );
  await putRows(
    table,
    events.flatMap((event) => eventRows([event], { retentionDays: 90, receivedAtMs: 0 })),
  );
  const run = async (...args: readonly string[]) => {
    const parsed = parse({ ...PROGRAM, commands: ADMIN_COMMANDS }, ['recover', ...args]);
    if (parsed.kind === 'text') throw new Error('The command line prints a text');
    const input = { argument: parsed.args[0] ?? '', values: parsed.values as never, json: true };
    const { result, text } = await parsed.command.run(deployment, input);
    return { result: result as { readonly recovery_id: string }, text };
  };
  const recoveryOf = async (id: string) => (await getRecovery(table, DEFAULT_WORKSPACE_ID, id))?.recovery;
  const commands = () => [...table.rows.values()].filter((row) => row['kind'] === 'command');
  return { run, recoveryOf, commands };
}

describe('recover', () => {
  it('stores a recovery of the events that the endpoint was meant to get', async () => {
    const { run, recoveryOf } = await setUp();
    const { result, text } = await run(ENDPOINT.id, ...SINCE);
    expect(result).toMatchObject({ count: 1, exact: true, counts: { failed: 1, before_created: 2 } });
    expect(await recoveryOf(result.recovery_id)).toMatchObject({
      endpoint_id: ENDPOINT.id,
      since: '2026-02-25T00:00:00Z',
      include: ['failed', 'held', 'paused'],
      status: 'running',
      count: 1,
    });
    expect(text).toMatch(/^failed +1 +yes /m);
    expect(text).toMatch(/^before_created +2 +no /m);
    expect(text).toContain(`GET /v1/recoveries/${result.recovery_id}`);
  });

  it('includes only the kinds and the time range that the options name', async () => {
    const { run, recoveryOf } = await setUp();
    const range = [...SINCE, '--until', '2026-02-25T11:30:00Z'];
    const { result } = await run(ENDPOINT.id, ...range, '--include', 'failed, before_created');
    expect(await recoveryOf(result.recovery_id)).toMatchObject({
      until: '2026-02-25T11:30:00Z',
      include: ['failed', 'before_created'],
      count: 1,
    });
  });

  it.each(['2026-02-25', '2026-02-25T01:00:00+01:00', '2026-02-25T00:00:00.000Z'])(
    'reads %s as the same time in every time zone',
    async (since) => {
      const { run, recoveryOf } = await setUp();
      const { result } = await run(ENDPOINT.id, '--since', since);
      expect((await recoveryOf(result.recovery_id))?.since).toBe('2026-02-25T00:00:00Z');
    },
  );

  it('only counts with --dry-run, also for a paused endpoint', async () => {
    const { run, commands } = await setUp({ status: 'paused' });
    const { result, text } = await run(ENDPOINT.id, ...DRY_RUN);
    expect(result).toMatchObject({ recovery_id: null, counts: { paused: 1, before_created: 2 } });
    expect(text).toContain('Included: 1 event. None is sent');
    expect(commands()).toEqual([]);
  });

  it.each([
    [['ep_short', ...DRY_RUN], 'ep_short is not the id of an endpoint'],
    [[OTHER, ...DRY_RUN], `has no endpoint ${OTHER}`],
    [[ENDPOINT.id, ...SINCE], 'The endpoint is paused. Resume it'],
    [
      [ENDPOINT.id, ...DRY_RUN, '--include', 'failed,all'],
      'There is no kind all. The kinds are failed, held',
    ],
    [[ENDPOINT.id, '--since', 'yesterday'], '--since needs a time'],
    [[ENDPOINT.id, ...SINCE, '--until', 'today'], '--until needs a time'],
    // The time zone of the computer would decide what these mean.
    [[ENDPOINT.id, '--since', '2026-02-25T12:00:00'], '--since needs a time with its offset'],
    [[ENDPOINT.id, '--since', 'Feb 25, 2026'], '--since needs a time with its offset'],
    [[ENDPOINT.id, '--since', '2026-13-25'], '--since needs a time with its offset'],
    [[ENDPOINT.id, '--since', '2999-01-01T00:00:00Z'], '--since must be before --until, and in the past'],
    [[ENDPOINT.id], '--since'],
  ])('refuses %j and stores nothing', async (args, problem) => {
    const { run, commands } = await setUp({ status: 'paused' });
    const refused = run(...args);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(problem);
    expect(commands()).toEqual([]);
  });
});
