import { describe, expect, it } from 'vitest';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/default-workspace.ts';
import { InternalError } from '../../lambdas/core/errors.ts';
import { initialScope } from '../../lambdas/core/reputation/decide.ts';
import { pausedByPerson } from '../../lambdas/core/reputation/manual.ts';
import { transition } from '../../lambdas/store/reputation.ts';
import { evaluateReputation } from '../../lambdas/tally/evaluate-reputation.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';
import { NOW_MS } from './harness.ts';
import { DEFAULT_REPUTATION_LIMITS } from '../../lambdas/core/reputation/limits.ts';
import { setUpReputation } from './reputation-world.ts';

const DEFAULT_WORKSPACE = { workspaceId: DEFAULT_WORKSPACE_ID };
const ZEROS = { sent: 0, delivered: 0, bounced: 0, complained: 0, bounce_rate: null, complaint_rate: null };
const NO_CONTRIBUTORS = { tag: [], sender: [], provider: [], reason: [] };

describe('GET /v1/reputation', () => {
  it('returns zeros and null rates for a workspace that never sent', async () => {
    const { call } = setUpReputation();
    const { status, body } = await call('GET', '', undefined, DEFAULT_WORKSPACE);
    expect(status).toBe(200);
    expect(body).toEqual({
      mode: 'watch',
      limits: DEFAULT_REPUTATION_LIMITS,
      default_limits: DEFAULT_REPUTATION_LIMITS,
      pauses_configuration_set: false,
      scopes: [
        {
          configuration_set: null,
          state: 'ok',
          since: null,
          reasons: [],
          changed_by: 'guard',
          grace_until: null,
          normal_again: false,
          windows: [
            { window: 'hour', after: '2026-02-25T11:00:00Z', before: '2026-02-25T13:00:00Z', ...ZEROS },
            { window: 'day', after: '2026-02-24T13:00:00Z', before: '2026-02-25T13:00:00Z', ...ZEROS },
          ],
          contributors: NO_CONTRIBUTORS,
        },
      ],
      aws: {
        enforcement_status: 'HEALTHY',
        sending_enabled: true,
        production_access: true,
        max_24_hour_send: 50_000,
        sent_last_24_hours: 17,
        checked_at: '2026-02-25T12:00:00Z',
      },
    });
  });

  it('returns the workspace first, then each configuration set, with the counts of both windows', async () => {
    const { call, countEvents } = setUpReputation();
    await countEvents('sent', 6, { configuration_set: 'news' });
    await countEvents('sent', 4, { configuration_set: 'alerts', timestamp: '2026-02-25T03:00:00Z' });
    await countEvents('delivered', 5, { configuration_set: 'news' });
    await countEvents('bounced', 3, { configuration_set: 'news', details: { bounce_type: 'Permanent' } });
    await countEvents('complained', 1, { configuration_set: 'news' });
    const { scopes } = (await call('GET', '')).body;
    expect(scopes.map((each: { configuration_set: string }) => each.configuration_set)).toEqual([
      null,
      'alerts',
      'news',
    ]);
    const [workspace, alerts, news] = scopes;
    const hour = { sent: 6, delivered: 5, bounced: 3, complained: 1, bounce_rate: 0.5, complaint_rate: 0.2 };
    expect(workspace.windows).toMatchObject([hour, { ...hour, sent: 10, bounce_rate: 0.3 }]);
    expect(news.windows).toMatchObject([hour, hour]);
    expect(alerts.windows).toMatchObject([ZEROS, { ...ZEROS, sent: 4, bounce_rate: 0 }]);
  });

  it('leaves out the configuration set of every email, because its counts are those of the workspace', async () => {
    const { call, countEvents } = setUpReputation();
    const sets = async () =>
      (await call('GET', '')).body.scopes.map(
        (each: { configuration_set: string }) => each.configuration_set,
      );
    await countEvents('sent', 2, { configuration_set: 'news' });
    await countEvents('sent', 1, { configuration_set: 'old', timestamp: '2026-02-24T12:59:59Z' });
    await countEvents('opened', 1, { configuration_set: 'old' });
    expect(await sets()).toEqual([null]);
    await countEvents('sent', 1, { timestamp: '2026-02-24T13:00:00Z' });
    expect(await sets()).toEqual([null, 'news', 'old']);
  });

  it('says that a warning is over after a stream has stopped sending, because the guard has no event to check', async () => {
    const { call, countEvents, table, state } = setUpReputation();
    await countEvents('sent', 200, { configuration_set: 'news' });
    await countEvents('bounced', 20, { configuration_set: 'news', details: { bounce_type: 'Permanent' } });
    await countEvents('sent', 1, { configuration_set: 'alerts' });
    const deps = { table, retentionDays: 90, now: () => NOW_MS };
    expect((await evaluateReputation(deps, [WORKSPACE_ID])).changes).toHaveLength(2);
    const warnings = async () =>
      ((await call('GET', '')).body.scopes as { state: string; normal_again: boolean }[]).map(
        ({ state: now, normal_again }) => `${now} ${normal_again}`,
      );
    expect(await warnings()).toEqual(['warning false', 'ok false', 'warning false']);
    state.nowMs = NOW_MS + 24 * 3_600_000;
    expect(await warnings()).toEqual(['warning true', 'warning true']);
    await call('POST', '/pause', {});
    expect(await warnings()).toEqual(['paused false', 'warning true']);
  });

  it('names the tag, sender, provider and reason with the most bounces and complaints', async () => {
    const { call, countEvents } = setUpReputation();
    const bounce = { bounce_type: 'Permanent', reason: 'unknown_user' } as const;
    await countEvents('sent', 9, { tags: [['campaign', 'import']], to: 'ann@gmail.com' });
    await countEvents('bounced', 8, { tags: [['campaign', 'import']], to: 'ann@gmail.com', details: bounce });
    await countEvents('complained', 1, { tags: [['campaign', 'spring']], from: 'Shop <shop@example.com>' });
    const [{ contributors }] = (await call('GET', '')).body.scopes;
    expect(contributors.tag).toEqual([
      { value: 'campaign:import', name: 'campaign:import', sent: 9, bounced: 8, complained: 0 },
      { value: 'campaign:spring', name: 'campaign:spring', sent: 0, bounced: 0, complained: 1 },
    ]);
    expect(contributors.provider[0]).toMatchObject({ value: 'gmail', name: 'Gmail', bounced: 8 });
    expect(contributors.sender.map((each: { value: string }) => each.value)).toContain('shop@example.com');
    expect(contributors.reason).toMatchObject([{ value: 'unknown_user', sent: 0, bounced: 8 }]);
  });

  it('returns at most three contributors of each kind', async () => {
    const { call, countEvents } = setUpReputation();
    for (const [index, campaign] of ['a', 'b', 'c', 'd'].entries())
      await countEvents('bounced', index + 1, { tags: [['campaign', campaign]] });
    const [{ contributors }] = (await call('GET', '')).body.scopes;
    expect(contributors.tag.map((each: { value: string }) => each.value)).toEqual([
      'campaign:d',
      'campaign:c',
      'campaign:b',
    ]);
  });

  it('does not read the contributors if there is no bounce and no complaint', async () => {
    const { call, countEvents, table } = setUpReputation();
    await countEvents('sent', 5);
    const before = table.calls.length;
    await call('GET', '');
    expect(table.calls.slice(before)).toHaveLength(3);
  });

  it('asks SES for the account at most once a minute', async () => {
    const { call, state } = setUpReputation();
    const read = async () => (await call('GET', '', undefined, DEFAULT_WORKSPACE)).body.aws;
    await Promise.all([read(), read()]);
    state.nowMs += 59_999;
    expect((await read()).checked_at).toBe('2026-02-25T12:00:00Z');
    expect(state.accountReads).toBe(1);
    state.nowMs += 1;
    state.sesAccount = { EnforcementStatus: 'PROBATION' };
    expect(await read()).toEqual({
      enforcement_status: 'PROBATION',
      sending_enabled: null,
      production_access: null,
      max_24_hour_send: null,
      sent_last_24_hours: null,
      checked_at: '2026-02-25T12:01:00Z',
    });
    expect(state.accountReads).toBe(2);
  });

  it('returns null for the account if SES denies the request, and logs the cause', async () => {
    const { call, state } = setUpReputation();
    state.sesError = Object.assign(new Error('Not authorized: ann@example.com'), { name: 'AccessDenied' });
    const { status, body, loggedError } = await call('GET', '', undefined, DEFAULT_WORKSPACE);
    expect([status, body.aws]).toEqual([200, null]);
    expect(loggedError).toBeInstanceOf(InternalError);
    expect(String((loggedError as Error).cause)).not.toContain('ann@example.com');
  });

  it('does not reveal the account to another workspace than the default one', async () => {
    const { call, state } = setUpReputation();
    const { body } = await call('GET', '');
    expect([body.aws, state.accountReads]).toEqual([null, 0]);
  });
});

describe('PATCH /v1/reputation', () => {
  it('changes only the fields of the request', async () => {
    const { call } = setUpReputation();
    await call('PATCH', '', { limits: { hour: { bounce: { pause: 0.2 } }, day: { min_sent: 1 } } });
    const { status, body } = await call('PATCH', '', { mode: 'pause' });
    expect(status).toBe(200);
    expect(body.mode).toBe('pause');
    expect(body.limits).toEqual({
      hour: {
        ...DEFAULT_REPUTATION_LIMITS.hour,
        bounce: { ...DEFAULT_REPUTATION_LIMITS.hour.bounce, pause: 0.2 },
      },
      day: { ...DEFAULT_REPUTATION_LIMITS.day, min_sent: 1 },
    });
    expect((await call('GET', '')).body).toEqual(body);
  });

  it('sets every limit to its default with null, and keeps the mode', async () => {
    const { call } = setUpReputation();
    await call('PATCH', '', { mode: 'off', limits: { day: { min_sent: 1 } } });
    const { body } = await call('PATCH', '', { limits: null });
    expect([body.mode, body.limits]).toEqual(['off', DEFAULT_REPUTATION_LIMITS]);
  });

  it.each([
    [{}, ''],
    [{ mode: 'stop' }, 'mode'],
    [{ limit: {} }, 'limit'],
    [{ limits: { week: {} } }, 'limits.week'],
    [{ limits: { hour: { min_sent: 0 } } }, 'limits.hour.min_sent'],
    [{ limits: { hour: { min_sent: 1.5 } } }, 'limits.hour.min_sent'],
    [{ limits: { hour: { bounce: { warning: 0 } } } }, 'limits.hour.bounce.warning'],
    // DynamoDB cannot store so small a number.
    [{ limits: { hour: { bounce: { warning: 1e-300 } } } }, 'limits.hour.bounce.warning'],
    [{ limits: { hour: { bounce: { pause: 1.01 } } } }, 'limits.hour.bounce.pause'],
    [{ limits: { day: { complaint: { min_count: 0 } } } }, 'limits.day.complaint.min_count'],
    // The warning limit of the day is 3 %.
    [{ limits: { day: { bounce: { pause: 0.03 } } } }, 'limits.day.bounce.pause'],
    [{ limits: { day: { bounce: { warning: 0.05 } } } }, 'limits.day.bounce.pause'],
  ])('refuses %j, names the field, and changes nothing', async (change, field) => {
    const { call } = setUpReputation();
    const { status, body } = await call('PATCH', '', change);
    expect([status, body.error.code]).toEqual([422, 'invalid_field']);
    expect(body.error.field ?? '').toBe(field);
    expect((await call('GET', '')).body).toMatchObject({ mode: 'watch', limits: DEFAULT_REPUTATION_LIMITS });
  });
});

describe('POST /v1/reputation/pause and /resume', () => {
  it('pauses the workspace, resumes it with a grace period, and records who did it', async () => {
    const { call, state, rows } = setUpReputation();
    const paused = await call('POST', '/pause');
    expect(paused.status).toBe(200);
    expect(paused.body).toMatchObject({
      configuration_set: null,
      state: 'paused',
      since: '2026-02-25T12:00:00Z',
      reasons: [],
      changed_by: 'key_a',
    });
    state.nowMs += 60_000;
    const resumed = await call('POST', '/resume', { grace_hours: 2 });
    expect(resumed.body).toMatchObject({
      state: 'ok',
      since: '2026-02-25T12:01:00Z',
      grace_until: '2026-02-25T14:01:00Z',
      changed_by: 'key_a',
    });
    const { data } = (await call('GET', '/history')).body;
    const change = { configuration_set: null, changed_by: 'key_a', by_name: 'Deploy key', reasons: [] };
    expect(data).toEqual([
      {
        at: '2026-02-25T12:01:00Z',
        from: 'paused',
        to: 'ok',
        ...change,
        event_id: expect.stringMatching(/^evt_/),
      },
      {
        at: '2026-02-25T12:00:00Z',
        from: 'ok',
        to: 'paused',
        ...change,
        event_id: expect.stringMatching(/^evt_/),
      },
    ]);
    expect(rows('reputation_event').map((row) => row['event'])).toEqual([
      'reputation.paused',
      'reputation.resumed',
    ]);
  });

  it('changes nothing if the scope has this state already', async () => {
    const { call, rows } = setUpReputation();
    expect((await call('POST', '/resume')).body.state).toBe('ok');
    await call('POST', '/pause');
    await call('POST', '/pause', {}, { keyId: 'key_b' });
    expect((await call('GET', '/history')).body.data).toHaveLength(1);
    expect(rows('reputation_event')).toHaveLength(1);
  });

  it('keeps one of two pauses at the same time', async () => {
    const { call, rows } = setUpReputation();
    const responses = await Promise.all([call('POST', '/pause'), call('POST', '/pause')]);
    expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    expect(rows('reputation_event')).toHaveLength(1);
  });

  it('changes only the configuration set of the request', async () => {
    const { call, countEvents } = setUpReputation();
    await countEvents('sent', 1, { configuration_set: 'news' });
    await countEvents('sent', 1, { configuration_set: 'alerts' });
    expect((await call('POST', '/pause', { configuration_set: 'news' })).body.configuration_set).toBe('news');
    const { scopes } = (await call('GET', '')).body;
    expect(scopes.map((each: { state: string }) => each.state)).toEqual(['ok', 'ok', 'paused']);
  });

  it('a resume of the workspace also resumes the sets that the guard paused, and not a set that a person paused', async () => {
    const { call, countEvents, table } = setUpReputation();
    for (const set of ['alerts', 'billing', 'news']) await countEvents('sent', 1, { configuration_set: set });
    for (const set of [null, 'alerts']) {
      const previous = initialScope(set);
      const next = pausedByPerson(previous, { by: 'guard', nowMs: NOW_MS });
      await transition(table, { workspaceId: WORKSPACE_ID, previous, next, at: '2026-02-25T12:00:00Z' });
    }
    await call('POST', '/pause', { configuration_set: 'news' });
    expect((await call('POST', '/resume')).body).toMatchObject({ configuration_set: null, state: 'ok' });
    const { scopes } = (await call('GET', '')).body;
    const states = scopes.map((each: { configuration_set: string; state: string }) => [
      each.configuration_set,
      each.state,
    ]);
    expect(states).toEqual([
      [null, 'ok'],
      ['alerts', 'ok'],
      ['billing', 'ok'],
      ['news', 'paused'],
    ]);
    expect(
      (await call('GET', '/history')).body.data.map((each: { to: string }) => each.to).toSorted(),
    ).toEqual(['ok', 'ok', 'paused', 'paused', 'paused']);
  });

  it('a resume of a set resumes only this set', async () => {
    const { call, countEvents } = setUpReputation();
    for (const set of ['alerts', 'news']) await countEvents('sent', 1, { configuration_set: set });
    await call('POST', '/pause');
    for (const set of ['alerts', 'news']) await call('POST', '/pause', { configuration_set: set });
    await call('POST', '/resume', { configuration_set: 'news' });
    const { scopes } = (await call('GET', '')).body;
    expect(scopes.map((each: { state: string }) => each.state)).toEqual(['paused', 'paused', 'ok']);
  });

  it('pauses and resumes the only configuration set by its name, and shows it while it is paused', async () => {
    const { call, countEvents, rows } = setUpReputation();
    await countEvents('sent', 1, { configuration_set: 'news' });
    const scopes = async () =>
      ((await call('GET', '')).body.scopes as { configuration_set: string | null; state: string }[]).map(
        ({ configuration_set: set, state }) => [set, state],
      );
    expect(await scopes()).toEqual([[null, 'ok']]);
    const paused = await call('POST', '/pause', { configuration_set: 'news' });
    expect(paused.body).toMatchObject({
      configuration_set: 'news',
      state: 'paused',
      windows: [{ sent: 1 }, {}],
    });
    expect(await scopes()).toEqual([
      [null, 'ok'],
      ['news', 'paused'],
    ]);
    const resumed = await call('POST', '/resume', { configuration_set: 'news' });
    expect([resumed.status, resumed.body.configuration_set, resumed.body.state]).toEqual([200, 'news', 'ok']);
    expect(await scopes()).toEqual([[null, 'ok']]);
    expect(rows('reputation_event').map((row) => row['event'])).toEqual([
      'reputation.paused',
      'reputation.resumed',
    ]);
  });

  it.each(['news', 'a b', 'x'.repeat(65)])(
    'refuses a configuration set that the workspace does not know: %s',
    async (set) => {
      const { call, rows } = setUpReputation();
      const { status, body } = await call('POST', '/pause', { configuration_set: set });
      expect([status, body.error.field]).toEqual([422, 'configuration_set']);
      expect(rows('reputation_state')).toEqual([]);
    },
  );

  it.each([-1, 169, 1.5])('refuses a grace period of %d hours', async (hours) => {
    const { call } = setUpReputation();
    const { status, body } = await call('POST', '/resume', { grace_hours: hours });
    expect([status, body.error.field]).toEqual([422, 'grace_hours']);
  });

  it('has pages of history', async () => {
    const { call, state, sendRequest } = setUpReputation();
    for (const action of ['/pause', '/resume', '/pause']) {
      state.nowMs += 1000;
      await call('POST', action);
    }
    const page = (query: Record<string, string>) => sendRequest({ path: '/v1/reputation/history', query });
    const first = (await page({ limit: '2' })).body;
    expect(first.data.map((each: { to: string }) => each.to)).toEqual(['paused', 'ok']);
    const second = (await page({ limit: '2', cursor: first.next_cursor })).body;
    expect(second.data.map((each: { to: string }) => each.to)).toEqual(['paused']);
    expect(second.next_cursor).toBeNull();
  });
});

describe('POST /v1/reputation/dry-run', () => {
  it('returns the changes that the guard would have made, and changes nothing', async () => {
    const { call, countEvents, table, rows } = setUpReputation();
    await countEvents('sent', 200, { timestamp: '2026-02-20T02:10:00Z' });
    await countEvents('bounced', 40, { timestamp: '2026-02-20T02:20:00Z' });
    const before = JSON.stringify([...table.rows]);
    const { status, body } = await call('POST', '/dry-run');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      after: '2026-01-26T12:00:00Z',
      before: '2026-02-25T12:00:00Z',
      mode: 'pause',
      limits: DEFAULT_REPUTATION_LIMITS,
      pauses: 1,
    });
    expect(body.transitions[0]).toMatchObject({
      at: '2026-02-20T03:00:00Z',
      from: 'ok',
      to: 'paused',
      reasons: expect.arrayContaining([
        expect.objectContaining({
          window: 'hour',
          metric: 'bounce',
          severity: 'pause',
          count: 40,
          volume: 200,
        }),
      ]),
    });
    expect(JSON.stringify([...table.rows])).toBe(before);
    expect(rows('reputation_state')).toEqual([]);
  });

  it('uses the mode, the limits, the range and the configuration set of the request', async () => {
    const { call, countEvents } = setUpReputation();
    await countEvents('sent', 200, { timestamp: '2026-02-20T02:10:00Z', configuration_set: 'news' });
    await countEvents('bounced', 40, { timestamp: '2026-02-20T02:20:00Z', configuration_set: 'news' });
    await countEvents('sent', 50, { configuration_set: 'alerts' });
    const pauses = async (body: object) => (await call('POST', '/dry-run', body)).body.pauses;
    expect(await pauses({ mode: 'watch' })).toBe(0);
    expect(await pauses({ limits: { hour: { min_sent: 201 }, day: { min_sent: 201 } } })).toBe(0);
    expect(await pauses({ before: '2026-02-20T02:00:00Z' })).toBe(0);
    expect(await pauses({ after: '2026-02-21' })).toBe(0);
    expect(await pauses({ configuration_set: 'news' })).toBe(1);
    expect(await pauses({ configuration_set: 'alerts' })).toBe(0);
    expect(await pauses({ configuration_set: 'unknown' })).toBe(0);
  });

  it('dates a change of the current hour to the time of the request, not to the end of the hour', async () => {
    const { call, countEvents, state } = setUpReputation();
    state.nowMs = Date.parse('2026-02-25T12:30:00Z');
    await countEvents('sent', 200, { timestamp: '2026-02-25T12:10:00Z' });
    await countEvents('bounced', 40, { timestamp: '2026-02-25T12:20:00Z' });
    const { transitions } = (await call('POST', '/dry-run')).body;
    expect(transitions).toMatchObject([{ at: '2026-02-25T12:30:00Z', to: 'paused' }]);
  });

  it('fills the windows of its first hour with the hours before', async () => {
    const { call, countEvents } = setUpReputation();
    await countEvents('sent', 200, { timestamp: '2026-02-20T02:10:00Z' });
    await countEvents('bounced', 40, { timestamp: '2026-02-20T03:20:00Z' });
    const { body } = await call('POST', '/dry-run', {
      after: '2026-02-20T03:00:00Z',
      before: '2026-02-20T04:00:00Z',
    });
    expect(body.pauses).toBe(1);
  });

  it.each([
    [{ after: '2026-02-25T12:00:00Z', before: '2026-02-25T12:00:00Z' }, 'after'],
    [{ after: '2026-01-01' }, 'after'],
    [{ after: 'yesterday' }, 'after'],
    [{ mode: 'on' }, 'mode'],
    [{ limits: { day: { bounce: { pause: 0.01 } } } }, 'limits.day.bounce.pause'],
    [{ configuration_set: '' }, 'configuration_set'],
  ])('refuses %j and names the field', async (request, field) => {
    const { call } = setUpReputation();
    const { status, body } = await call('POST', '/dry-run', request);
    expect([status, body.error.field]).toEqual([422, field]);
  });

  it('needs only the scope read, and a change needs admin', async () => {
    const { call } = setUpReputation();
    const read = { scopes: ['read'] as const };
    expect((await call('POST', '/dry-run', {}, read)).status).toBe(200);
    expect((await call('GET', '', undefined, read)).status).toBe(200);
    for (const path of ['/pause', '/resume']) expect((await call('POST', path, {}, read)).status).toBe(403);
    expect((await call('PATCH', '', { mode: 'off' }, read)).status).toBe(403);
  });
});
