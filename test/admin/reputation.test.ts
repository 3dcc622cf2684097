/** The commands `reputation …`, from the command line to the table. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ADMIN_COMMANDS } from '../../admin/commands.ts';
import { PROGRAM } from '../../bin/commands.ts';
import { parse } from '../../cli/parse.ts';
import { UsageError } from '../../cli/usage-error.ts';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';
import { initialScope } from '../../lambdas/core/reputation/decide.ts';
import { DEFAULT_REPUTATION_LIMITS } from '../../lambdas/core/reputation/limits.ts';
import {
  KIND,
  dimensionCountersPartition,
  dimensionCountersSort,
  eventCountersPartition,
} from '../../lambdas/store/keys.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { listReputationHistory, transition } from '../../lambdas/store/reputation.ts';
import { createTestDeployment } from './deployment.ts';

const HOUR = '2026-02-25T11:00:00Z';

beforeEach(() => vi.useFakeTimers({ now: Date.parse('2026-02-25T12:00:00Z'), toFake: ['Date'] }));
afterEach(() => {
  vi.useRealTimers();
});

/** A deployment whose default workspace sent 200 emails in the last hour, most with the set `news`. 40 of them bounced. */
async function setUp({ hasSecondSet = true } = {}) {
  const { deployment, table } = createTestDeployment();
  const counts = { sent: 200, delivered: 160, bounced: 40 };
  const rowOf = (set: string) => ({
    pk: dimensionCountersPartition(DEFAULT_WORKSPACE_ID, 'configuration_set', 'hour'),
    sk: dimensionCountersSort(HOUR, set),
    kind: KIND.dimensionCounters,
  });
  await putRows(table, [
    {
      pk: eventCountersPartition(DEFAULT_WORKSPACE_ID, 'hour'),
      sk: HOUR,
      kind: KIND.counters,
      ...counts,
    },
    { ...rowOf('news'), ...counts },
    ...(hasSecondSet ? [{ ...rowOf('alerts'), sent: 1 }] : []),
  ]);
  const run = async (...words: readonly string[]) => {
    const parsed = parse({ ...PROGRAM, commands: ADMIN_COMMANDS }, ['reputation', ...words]);
    if (parsed.kind === 'text') throw new Error('The command line prints a text');
    const { result, text } = await parsed.command.run(deployment, {
      argument: '',
      values: parsed.values as never,
      json: true,
    });
    // oxlint-disable-next-line typescript/no-explicit-any -- each command has its own result
    return { result: result as any, text };
  };
  const history = async () =>
    (await listReputationHistory(table, { workspaceId: DEFAULT_WORKSPACE_ID, limit: 20 })).items;
  const events = () =>
    [...table.rows.values()].filter((row) => row['kind'] === KIND.reputationEvent).map((row) => row['event']);
  return { table, run, history, events };
}

describe('reputation show', () => {
  it('prints the mode, and the state, rates and limits of each scope and window', async () => {
    const { run } = await setUp();
    const { text, result } = await run('show');
    expect(text).toMatch(/^Mode: watch$/m);
    expect(text).toMatch(
      /^\(workspace\) +ok +hour +200 +40 \(20 %\) +5 % \/ 10 % +0 \(0 %\) +0.3 % \/ 0.5 %$/m,
    );
    expect(text).toMatch(/^news +ok +day +200 +40 \(20 %\) +3 % \/ 4 % /m);
    expect(result.scopes).toHaveLength(3);
    expect(result.scopes[2]).toMatchObject({
      configuration_set: 'news',
      state: 'ok',
      windows: [
        { window: 'hour', after: '2026-02-25T11:00:00Z', sent: 200, bounced: 40, bounce_rate: 0.2 },
        { window: 'day', sent: 200 },
      ],
    });
  });

  it('says that a warning is over if the stream has stopped sending', async () => {
    const { table, run } = await setUp();
    const previous = initialScope('news');
    const next = { ...previous, state: 'warning' as const, version: 1 };
    await transition(table, { workspaceId: DEFAULT_WORKSPACE_ID, previous, next, at: HOUR });
    expect((await run('show')).text).toMatch(/^news +warning +hour /m);
    vi.setSystemTime(Date.parse('2026-02-26T12:00:00Z'));
    const { text, result } = await run('show');
    expect(text).toMatch(/^news +warning \(normal again\) +hour /m);
    expect(result.scopes).toMatchObject([{ normal_again: false }, { normal_again: true }]);
  });

  it('leaves out a configuration set that has all emails, unless it is paused', async () => {
    const { run } = await setUp({ hasSecondSet: false });
    expect((await run('show')).text).not.toContain('news');
    await run('pause', '--configuration-set', 'news');
    expect((await run('show')).text).toMatch(/^news +paused +hour +200 /m);
    expect((await run('resume', '--configuration-set', 'news')).text).toContain('set news is ok');
    expect((await run('show')).result.scopes).toHaveLength(1);
    await expect(run('pause', '--configuration-set', 'nobody')).rejects.toThrow('configuration sets: news');
  });

  it('prints zeros without a rate for a workspace that never sent', async () => {
    const { run } = await setUp();
    const { text } = await run('show', '--workspace', `ws_${'b'.repeat(26)}`);
    expect(text).toMatch(/^\(workspace\) +ok +hour +0 +0 \(–\) /m);
  });
});

describe('reputation pause and resume', () => {
  it('pause and resume the workspace, announce both, and record the command in the history', async () => {
    const { run, history, events } = await setUp();
    const paused = await run('pause');
    expect(paused.result).toMatchObject({ state: 'paused', changed_by: 'cli' });
    expect(paused.text).toContain('POST /v1/send responds with 409 reputation_paused');
    expect((await run('show')).text).toMatch(/^\(workspace\) +paused /m);
    const { result, text } = await run('resume', '--grace-hours', '2');
    expect(result).toMatchObject({ state: 'ok', grace_until: '2026-02-25T14:00:00Z' });
    expect(text).toContain('Until 2026-02-25T14:00:00Z, complaints only warn');
    expect((await history()).map(({ from, to, changed_by: by }) => [from, to, by])).toEqual([
      ['paused', 'ok', 'cli'],
      ['ok', 'paused', 'cli'],
    ]);
    expect(events()).toEqual(['reputation.paused', 'reputation.resumed']);
  });

  it('change only the configuration set of --configuration-set', async () => {
    const { run } = await setUp();
    expect((await run('pause', '--configuration-set', 'news')).text).toBe(
      'Sending of the configuration set news is paused since 2026-02-25T12:00:00Z. POST /v1/send does not use this set, so it still sends',
    );
    const { text } = await run('show');
    expect(text).toMatch(/^\(workspace\) +ok /m);
    expect(text).toMatch(/^news +paused /m);
    expect((await run('resume')).text).toBe(
      'Sending of the workspace is ok. Still paused: the configuration set news',
    );
  });

  it.each([
    [['pause', '--configuration-set', 'nobody'], 'has no configuration set nobody with events'],
    [['resume', '--grace-hours', '169'], '--grace-hours needs a whole number from 0 to 168'],
    [['resume', '--grace-hours', 'x'], '--grace-hours needs'],
    [['resume', '--grace-hours', ''], '--grace-hours needs'],
    [['show', '--workspace', 'x'], 'is not the id of a workspace'],
  ])('refuse %j', async (words, message) => {
    const { run, history } = await setUp();
    await expect(run(...words)).rejects.toThrow(UsageError);
    await expect(run(...words)).rejects.toThrow(message);
    expect(await history()).toEqual([]);
  });
});

describe('reputation set', () => {
  it('changes the mode and some limits, and --default-limits sets every limit back', async () => {
    const { run } = await setUp();
    const { result } = await run(
      'set',
      '--mode',
      'pause',
      '--limits',
      'hour.bounce.pause=0.2,day.min_sent=5',
    );
    expect(result.mode).toBe('pause');
    expect(result.limits.hour.bounce).toEqual({ ...DEFAULT_REPUTATION_LIMITS.hour.bounce, pause: 0.2 });
    expect(result.limits.day).toEqual({ ...DEFAULT_REPUTATION_LIMITS.day, min_sent: 5 });
    const reset = (await run('set', '--default-limits')).result;
    expect([reset.mode, reset.limits]).toEqual(['pause', DEFAULT_REPUTATION_LIMITS]);
  });

  it.each([
    [[], 'Nothing to change'],
    [['--mode', 'on'], 'There is no mode on'],
    [['--limits', 'week.min_sent=1'], 'There is no limit week.min_sent'],
    [['--limits', 'hour.bounce.pause'], 'hour.bounce.pause needs a number'],
    [['--limits', 'hour.bounce.pause=0.1=2'], 'hour.bounce.pause needs a number'],
    [['--limits', 'hour.bounce.pause=0.05'], 'hour.bounce.pause must be more than the warning limit'],
    [['--limits', 'hour.min_sent=0'], 'hour.min_sent must be a whole number'],
    [['--limits', 'hour.min_sent=1', '--default-limits'], 'cannot be combined'],
  ])('refuses %j and changes nothing', async (options, message) => {
    const { run } = await setUp();
    await expect(run('set', ...options)).rejects.toThrow(message);
    expect((await run('show')).result).toMatchObject({ mode: 'watch', limits: DEFAULT_REPUTATION_LIMITS });
  });
});

describe('reputation dry-run', () => {
  it('prints when the guard would have paused, and changes nothing', async () => {
    const { run, history } = await setUp();
    const { result, text } = await run('dry-run');
    expect(result).toMatchObject({ mode: 'pause', pauses: 1, after: '2026-01-26T12:00:00Z' });
    expect(text).toContain(
      'From 2026-01-26T12:00:00Z to 2026-02-25T12:00:00Z, in the mode pause: 0 warnings, 1 pause',
    );
    expect(text).toMatch(
      /^2026-02-25T12:00:00Z +ok → paused +The bounce rate in the last two hours is 20 %/m,
    );
    expect(await history()).toEqual([]);
  });

  it('uses the options', async () => {
    const { run } = await setUp();
    const pauses = async (...options: readonly string[]) => (await run('dry-run', ...options)).result.pauses;
    expect(await pauses('--mode', 'watch')).toBe(0);
    expect(await pauses('--limits', 'hour.min_sent=201,day.min_sent=201')).toBe(0);
    expect(await pauses('--before', '2026-02-25T11:00:00Z')).toBe(0);
    expect(await pauses('--configuration-set', 'news')).toBe(1);
    expect(await pauses('--configuration-set', 'other')).toBe(0);
  });

  it.each([
    [['--after', 'yesterday'], '--after needs a time with its offset'],
    [['--after', '2026-02-26'], '--after must be before --before'],
    [['--after', '2024-01-01'], 'at most 400 days'],
  ])('refuses %j', async (options, message) => {
    const { run } = await setUp();
    await expect(run('dry-run', ...options)).rejects.toThrow(message);
  });
});
