import type { SESv2Client } from '@aws-sdk/client-sesv2';
import type { SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { ENV } from '../../lambdas/core/env.ts';
import { RefusedEffect } from '../../lambdas/core/errors.ts';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';
import { pausedByPerson, resumedByPerson } from '../../lambdas/core/reputation/manual.ts';
import { dispatchBatch } from '../../lambdas/delivery/dispatch-batch.ts';
import {
  notifyAlarmTopic,
  reputationEffects,
  switchSending,
} from '../../lambdas/delivery/reputation-effects.ts';
import { readReputationState, transition } from '../../lambdas/store/reputation.ts';
import type { Table } from '../../lambdas/store/table.ts';
import { aReputationEvent, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { simulatedTable } from '../../sim/table.ts';
import { aRecord, errorNamed, setUpDispatch } from './dispatch-world.ts';

const SET = 'ivymail';
const NOW_MS = Date.parse('2026-02-25T12:00:00Z');

interface Command {
  readonly input: Readonly<Record<string, unknown>>;
}

/** A client of SNS or SES that records the inputs of its calls. `failure` rejects each of them. */
function aClient(failure?: Error) {
  const inputs: Command['input'][] = [];
  const client = {
    async send({ input }: Command) {
      inputs.push(input);
      if (failure) throw failure;
    },
  };
  return { inputs, sns: client as unknown as SNSClient, ses: client as unknown as SESv2Client };
}

/** Pauses or resumes a scope of the default workspace, as a person does. */
async function change(table: Table, state: 'paused' | 'ok', configurationSet: string | null): Promise<void> {
  const previous = await readReputationState(table, DEFAULT_WORKSPACE_ID, configurationSet);
  const by = { by: 'key_a', nowMs: NOW_MS };
  const next =
    state === 'paused'
      ? pausedByPerson(previous, by)
      : resumedByPerson(previous, {
          ...by,
          graceHours: 0,
          counts: { sent: 0, delivered: 0, bounced: 0, complained: 0 },
        });
  await transition(table, {
    workspaceId: DEFAULT_WORKSPACE_ID,
    previous,
    next,
    at: '2026-02-25T12:00:00Z',
  });
}

const paused = (changes: Parameters<typeof aReputationEvent>[1] = {}) =>
  aReputationEvent('reputation.paused', { workspaceId: DEFAULT_WORKSPACE_ID, ...changes });

describe('a reputation event in a stream batch', () => {
  it('is announced, and delivered only to endpoints that name it, not to those of all events', async () => {
    const named = anEndpoint({ events: ['*', 'reputation.paused'] });
    const { deps, started, notified } = setUpDispatch({
      endpointsOf: () =>
        Promise.resolve([
          named,
          anEndpoint({ events: ['*'] }),
          anEndpoint({ events: ['reputation.resumed'] }),
          anEndpoint({ events: ['reputation.paused'], status: 'paused' }),
        ]),
    });
    const event = aReputationEvent();
    const report = await dispatchBatch(deps, [aRecord(event, '1')]);
    expect(started.map((task) => task.endpoint_id)).toEqual([named.id]);
    expect(started[0]).toMatchObject({ event_id: event.event_id, message_id: event.message_id });
    expect(notified).toEqual([event.event_id]);
    expect(report.counts).toEqual({ records: 1, deliveries: 1, groups: 1, poisoned: 0 });
  });

  it('is stored as held for an endpoint whose breaker is open', async () => {
    const endpoint = anEndpoint({ events: ['reputation.paused'], breaker_opened_at: '2026-02-25T11:00:00Z' });
    const { deps, started, held } = setUpDispatch({ endpointsOf: () => Promise.resolve([endpoint]) });
    await dispatchBatch(deps, [aRecord(aReputationEvent(), '1')]);
    expect([started.length, held.map((task) => task.endpoint_id)]).toEqual([0, [endpoint.id]]);
  });

  it('is not announced for an event of an email', async () => {
    const { deps, notified } = setUpDispatch();
    await dispatchBatch(deps, [aRecord(anEvent(), '1')]);
    expect(notified).toEqual([]);
  });

  it('is sent again by the stream after a transient error of SNS', async () => {
    const { deps, poison } = setUpDispatch({
      notify: (event) => notifyAlarmTopic(aClient(errorNamed('ThrottlingException')).sns, 'topic', event),
    });
    const report = await dispatchBatch(deps, [aRecord(anEvent(), '1'), aRecord(aReputationEvent(), '2')]);
    expect([report.retryFrom, poison]).toEqual(['2', []]);
  });

  it.each(['AuthorizationErrorException', 'NotFoundException', 'KMSAccessDeniedException'])(
    'goes to the dead-letter queue if the topic refuses it with %s, so that no later record waits',
    async (name) => {
      const { sns } = aClient(errorNamed(name));
      const { deps, started, poison } = setUpDispatch({
        notify: (event) => notifyAlarmTopic(sns, 'topic', event),
      });
      const report = await dispatchBatch(deps, [aRecord(aReputationEvent(), '1'), aRecord(anEvent(), '2')]);
      expect(report).toMatchObject({ counts: { poisoned: 1 } });
      expect(report.retryFrom).toBeUndefined();
      expect([started.length, poison.length]).toEqual([1, 1]);
    },
  );

  it('whose row was damaged goes to the dead-letter queue', async () => {
    const { deps, poison, notified } = setUpDispatch();
    const record = aRecord(aReputationEvent(), '1');
    delete record.dynamodb?.NewImage?.['reasons'];
    await dispatchBatch(deps, [record]);
    expect([poison.length, notified]).toEqual([1, []]);
  });
});

describe('notifyAlarmTopic', () => {
  it('publishes one message to the topic', async () => {
    const { sns, inputs } = aClient();
    await notifyAlarmTopic(sns, 'arn:aws:sns:us-east-1:000000000000:alarms', aReputationEvent());
    expect(inputs).toEqual([
      {
        TopicArn: 'arn:aws:sns:us-east-1:000000000000:alarms',
        Subject: 'IvyMail Events: sending is paused',
        Message: expect.stringContaining('The bounce rate'),
      },
    ]);
  });
});

describe('switchSending', () => {
  function setUp(error?: Error) {
    const table = simulatedTable();
    const { ses, inputs } = aClient(error);
    const run = (event = paused()): Promise<void> =>
      switchSending({ table, ses, configurationSet: SET }, event);
    return { table, inputs, run, switches: () => inputs.map((input) => input['SendingEnabled']) };
  }

  it.each([
    ['the default workspace', null],
    ['the configuration set in the default workspace', SET],
  ])('stops the configuration set at a pause of %s, and starts it at the resume', async (_, scope) => {
    const { table, inputs, run } = setUp();
    const changes = scope === null ? {} : { configurationSet: scope };
    await change(table, 'paused', scope);
    await run(paused(changes));
    await change(table, 'ok', scope);
    await run(aReputationEvent('reputation.resumed', { workspaceId: DEFAULT_WORKSPACE_ID, ...changes }));
    expect(inputs).toEqual([
      { ConfigurationSetName: SET, SendingEnabled: false },
      { ConfigurationSetName: SET, SendingEnabled: true },
    ]);
  });

  it('leaves the set stopped while the other scope is paused', async () => {
    const { table, run, switches } = setUp();
    await change(table, 'paused', null);
    await change(table, 'paused', SET);
    await change(table, 'ok', null);
    await run(aReputationEvent('reputation.resumed', { workspaceId: DEFAULT_WORKSPACE_ID }));
    expect(switches()).toEqual([false]);
  });

  it('starts the set at a resume while only another configuration set is paused', async () => {
    const { table, run, switches } = setUp();
    await change(table, 'paused', 'other');
    await run(aReputationEvent('reputation.resumed', { workspaceId: DEFAULT_WORKSPACE_ID }));
    expect(switches()).toEqual([true]);
  });

  it('does not stop the set for an old event of a pause that a person has ended', async () => {
    const { table, run, switches } = setUp();
    await change(table, 'paused', null);
    await change(table, 'ok', null);
    await run(paused());
    expect(switches()).toEqual([true]);
  });

  it('switches again if the state changes during the call', async () => {
    const { table, switches } = setUp();
    await change(table, 'paused', null);
    const enabled: unknown[] = [];
    const ses = {
      async send({ input }: Command) {
        enabled.push(input['SendingEnabled']);
        if (enabled.length === 1) await change(table, 'ok', null);
      },
    } as unknown as SESv2Client;
    await switchSending({ table, ses, configurationSet: SET }, paused());
    expect([enabled, switches()]).toEqual([[false, true], []]);
  });

  it.each([
    ['a warning', aReputationEvent('reputation.warning', { workspaceId: DEFAULT_WORKSPACE_ID })],
    ['a pause of another workspace', aReputationEvent('reputation.paused')],
    [
      'a pause of another workspace for the same set',
      aReputationEvent('reputation.paused', { configurationSet: SET }),
    ],
    ['a pause of another configuration set', paused({ configurationSet: 'other' })],
  ])('makes no call for %s', async (_, event) => {
    const { table, inputs, run } = setUp();
    await change(table, 'paused', null);
    await run(event);
    expect(inputs).toEqual([]);
  });

  it('throws a transient error as it is, and every other error as a refused effect', async () => {
    const transient = setUp(errorNamed('TooManyRequestsException'));
    await expect(transient.run()).rejects.toThrow('TooManyRequestsException');
    const refused = setUp(errorNamed('NotFoundException'));
    await expect(refused.run()).rejects.toThrow(RefusedEffect);
  });
});

describe('the effects of a deployment', () => {
  const environment = (pauseConfigurationSet: boolean) => ({
    AWS_REGION: 'us-east-1',
    [ENV.alarmTopicArn]: 'arn:aws:sns:us-east-1:000000000000:alarms',
    [ENV.configurationSet]: SET,
    [ENV.reputation]: JSON.stringify({ pauseConfigurationSet }),
  });

  it('switch the configuration set only if the stack option allows it', () => {
    const table = simulatedTable();
    expect(Object.keys(reputationEffects(table, environment(false)))).toEqual(['notify']);
    expect(Object.keys(reputationEffects(table, environment(true)))).toEqual(['notify', 'switchSending']);
  });

  it('require the alarm topic', () => {
    expect(() => reputationEffects(simulatedTable(), {})).toThrow(ENV.alarmTopicArn);
  });
});
