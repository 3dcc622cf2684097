import { describe, expect, it } from 'vitest';
import { summarizeChecks, type Check, type CheckStatus } from '../../admin/checks.ts';
import type { Deployment } from '../../admin/deployment.ts';
import { runChecks } from '../../admin/doctor.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { quarantineRow } from '../../lambdas/store/quarantine.ts';
import { simulatedClient, createTestDeployment, errorNamed, type TestDeployment } from './deployment.ts';

const FROM = 'you@news.example.com';

/** Simulated SES clients for a healthy account, except for the changes that a test makes. */
function sesOf(
  account: Record<string, unknown> = {},
  identities: Record<string, Record<string, unknown>> = { 'example.com': {} },
): Partial<Deployment> {
  return {
    ses: simulatedClient({
      GetAccount: () => ({
        SendingEnabled: true,
        EnforcementStatus: 'HEALTHY',
        ProductionAccessEnabled: true,
        SendQuota: { Max24HourSend: 50_000, SentLast24Hours: 45_000 },
        PricingAttributes: { CurrentPlan: 'NONE' },
        ...account,
      }),
      GetEmailIdentity({ EmailIdentity: name }: { EmailIdentity: string }) {
        const identity = identities[name];
        if (!identity) throw errorNamed('NotFoundException');
        return {
          IdentityType: name.includes('@') ? 'EMAIL_ADDRESS' : 'DOMAIN',
          VerifiedForSendingStatus: true,
          DkimAttributes: { SigningEnabled: true, Status: 'SUCCESS' },
          ...identity,
        };
      },
    }),
    sesV1: simulatedClient({ GetIdentityNotificationAttributes: () => ({}) }),
    sesConfigurationSets: simulatedClient({
      GetConfigurationSet: () => ({}),
      GetConfigurationSetEventDestinations: () => {
        throw errorNamed('AccessDeniedException');
      },
    }),
  };
}

/** A simulated Lambda client: all event sources are enabled and the account has the default limit, except for the changes. */
function lambdaOf(
  states: Readonly<Record<string, Record<string, unknown>>> = {},
  AccountLimit: object = { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 900 },
): Partial<Deployment> {
  return {
    lambda: simulatedClient({
      GetAccountSettings: () => ({ AccountLimit }),
      GetEventSourceMapping: ({ UUID: id }: { UUID: string }) => ({ State: 'Enabled', ...states[id] }),
    }),
  };
}

function runDoctorChecks({ deployment }: TestDeployment): Promise<readonly Check[]> {
  return runChecks(deployment, { from: FROM, send: false, timeoutMs: 1, onCheck: () => {} });
}

async function checkNamed(name: string, changes: Partial<Deployment>): Promise<Check | undefined> {
  const checks = await runDoctorChecks(createTestDeployment({ ...sesOf(), ...lambdaOf(), ...changes }));
  return checks.find((each) => each.name === name);
}

describe('the result of doctor', () => {
  const resultOf = (...statuses: readonly CheckStatus[]) => {
    const { result, exitCode } = summarizeChecks(
      statuses.map((status) => ({ name: status, status, detail: '' })),
    );
    return [(result as { ok: boolean }).ok, exitCode];
  };

  it('is ok if every check passed or was declined by the operator', () => {
    expect(resultOf('ok', 'ok')).toEqual([true, 0]);
    expect(resultOf('ok', 'declined')).toEqual([true, 0]);
  });

  it('is not ok, with exit code 4, if a check was not made or has a warning', () => {
    expect(resultOf('ok', 'not_checked')).toEqual([false, 4]);
    expect(resultOf('ok', 'warning')).toEqual([false, 4]);
  });

  it('is not ok, with exit code 1, if any check failed', () => {
    expect(resultOf('warning', 'failed', 'not_checked')).toEqual([false, 1]);
  });
});

describe('doctor', () => {
  it('reports skipped checks as declined, and checks that AWS denies as not_checked', async () => {
    const checks = await runDoctorChecks(createTestDeployment({ ...sesOf(), ...lambdaOf() }));
    expect(checks.at(-1)).toMatchObject({ name: 'end to end', status: 'declined' });
    const unchecked = checks.filter(({ status }) => status === 'not_checked').map(({ name }) => name);
    expect(unchecked).toEqual(['API and key', 'event destination']);
  });

  it.each([
    [{ SendQuota: { Max24HourSend: 50_000, SentLast24Hours: 50_000 } }, 'failed'],
    [{ SendQuota: { Max24HourSend: 50_000, SentLast24Hours: 45_001 } }, 'warning'],
    [{ SendQuota: { Max24HourSend: 50_000, SentLast24Hours: 45_000 } }, 'ok'],
    [{ SendQuota: { Max24HourSend: -1, SentLast24Hours: 1_000_000 } }, 'ok'],
    [{ SendQuota: undefined }, 'not_checked'],
  ])('checks how much of the daily quota is used: %j is %s', async (account, status) => {
    expect(await checkNamed('SES quota', sesOf(account))).toMatchObject({ status });
  });

  it.each([
    [{ ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 10 }, 'warning', /^10 /],
    [{ ConcurrentExecutions: 99, UnreservedConcurrentExecutions: 99 }, 'warning', /^99 /],
    [{ ConcurrentExecutions: 100, UnreservedConcurrentExecutions: 100 }, 'ok', /^100 .* 100 of them not /],
    [{ ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 900 }, 'ok', /900 of them not reserved$/],
    [{}, 'not_checked', /did not return/],
  ])('checks the concurrent executions of the account: %j is %s', async (limits, status, detail) => {
    expect(await checkNamed('Lambda concurrency', lambdaOf({}, limits))).toMatchObject({
      status,
      detail: expect.stringMatching(detail) as unknown,
    });
  });

  it('names the quota to raise if the account has few concurrent executions', async () => {
    const check = await checkNamed('Lambda concurrency', lambdaOf({}, { ConcurrentExecutions: 10 }));
    expect(check?.advice).toContain('"Concurrent executions" of AWS Lambda (L-B99A9384)');
  });

  it('does not warn about the limit of the local run, because the local run sets it', async () => {
    const changes = { ...lambdaOf({}, { ConcurrentExecutions: 24 }), isLocalRun: true as const };
    expect(await checkNamed('Lambda concurrency', changes)).toMatchObject({ status: 'ok' });
  });

  it.each([
    [{ SendingEnabled: false }, 'failed'],
    [{ EnforcementStatus: 'SHUTDOWN' }, 'failed'],
    [{ EnforcementStatus: 'PROBATION' }, 'warning'],
    [{ ProductionAccessEnabled: false }, 'warning'],
  ])('checks the status of the SES account: %j is %s', async (account, status) => {
    expect(await checkNamed('SES account', sesOf(account))).toMatchObject({ status });
  });

  it.each([
    ['its parent domain', { 'example.com': {} }, 'ok'],
    ['its domain', { 'news.example.com': {} }, 'ok'],
    ['no identity', {}, 'failed'],
    ['a domain that only has the same ending', { 'ws.example.com': {} }, 'failed'],
    ['a domain that is not verified', { 'example.com': { VerifiedForSendingStatus: false } }, 'failed'],
  ])('checks a sender that is verified by %s', async (_what, identities, status) => {
    expect(await checkNamed('sender', sesOf({}, identities))).toMatchObject({ status });
  });

  it.each([
    [
      'its domain, in addition to the address identity',
      { [FROM]: { DkimAttributes: {} }, 'example.com': {} },
      'ok',
    ],
    ['no key, because only the address is verified', { [FROM]: { DkimAttributes: {} } }, 'warning'],
    [
      'no key, because its subdomain is a separate identity',
      { 'news.example.com': { DkimAttributes: { Status: 'PENDING' } }, 'example.com': {} },
      'warning',
    ],
  ])('checks a sender whose emails are signed by %s', async (_what, identities, status) => {
    expect(await checkNamed('DKIM', sesOf({}, identities))).toMatchObject({ status });
  });

  const failure = 'PROBLEM: Function call failed';
  it.each([
    [{ State: 'Disabled' }, 'failed', 'DeliveryDispatch is Disabled'],
    [{ State: 'Updating' }, 'warning', 'DeliveryDispatch is Updating'],
    [
      { LastProcessingResult: failure },
      'failed',
      `the last batch of DeliveryDispatch ended with: ${failure}`,
    ],
    [{ LastProcessingResult: 'OK' }, 'ok', 'Ingest, DeliveryDispatch are enabled and report no error'],
    [
      { LastProcessingResult: 'No records processed' },
      'ok',
      'Ingest, DeliveryDispatch are enabled and report no error',
    ],
  ])('checks the event source mappings: %j is %s', async (state, status, detail) => {
    expect(await checkNamed('event sources', lambdaOf({ m2: state }))).toMatchObject({ status, detail });
  });

  it('reports an event source mapping that AWS denies to read as not_checked', async () => {
    const lambda = simulatedClient<Deployment['lambda']>({
      GetEventSourceMapping() {
        throw errorNamed('AccessDeniedException');
      },
    });
    expect(await checkNamed('event sources', { lambda })).toMatchObject({ status: 'not_checked' });
  });

  describe('with missing resources', () => {
    const TYPES = [
      'SEND',
      'REJECT',
      'BOUNCE',
      'COMPLAINT',
      'DELIVERY',
      'RENDERING_FAILURE',
      'DELIVERY_DELAY',
    ];
    const OUTCOMES = [...TYPES, 'SUBSCRIPTION'];

    interface Destination {
      readonly Name: string;
      readonly Enabled: boolean;
      readonly MatchingEventTypes: readonly string[];
      readonly SnsDestination: { readonly TopicArn: string };
    }
    type Change = (input: {
      readonly EventDestinationName: string;
      readonly EventDestination: Omit<Destination, 'Name'>;
    }) => void;

    /** A simulated AWS account that has these resources of the stack, and those that are created. */
    function accountWith(
      state: { set?: boolean; destinations?: readonly Destination[]; subscribed?: boolean },
      more: Partial<Deployment> = {},
    ) {
      const world = { set: false, destinations: [] as readonly Destination[], subscribed: false, ...state };
      const writes: string[] = [];
      const put: Change = ({ EventDestinationName: Name, EventDestination }) => {
        writes.push(`destination ${Name}`);
        world.destinations = [
          ...world.destinations.filter((each) => each.Name !== Name),
          { ...EventDestination, Name },
        ];
      };
      const requireSet = (): void => {
        if (!world.set) throw errorNamed('NotFoundException');
      };
      const simulated = createTestDeployment({
        ...sesOf(),
        ...lambdaOf(),
        deadLetterQueues: { SourceSubscriptionDeadLetters: 'dead' },
        sesConfigurationSets: simulatedClient({
          GetConfigurationSet: () => (requireSet(), {}),
          CreateConfigurationSet({ ConfigurationSetName: name, ReputationOptions: reputation }: never) {
            writes.push(`set ${String(name)} ${JSON.stringify(reputation)}`);
            world.set = true;
          },
          GetConfigurationSetEventDestinations: () => (
            requireSet(),
            { EventDestinations: world.destinations }
          ),
          CreateConfigurationSetEventDestination: (input: Parameters<Change>[0]) => (
            requireSet(),
            put(input)
          ),
          UpdateConfigurationSetEventDestination: put,
        }),
        sqs: simulatedClient({
          GetQueueAttributes: ({ QueueUrl: url }: { QueueUrl: string }) => ({
            Attributes: { QueueArn: `arn:${url}` },
          }),
        }),
        sns: simulatedClient({
          ListSubscriptionsByTopic: () => ({
            Subscriptions: world.subscribed ? [{ Endpoint: 'arn:queue', SubscriptionArn: 'arn:sub' }] : [],
          }),
          Subscribe(input: unknown) {
            writes.push(`subscription ${JSON.stringify(input)}`);
            world.subscribed = true;
          },
        }),
        ...more,
      });
      return { simulated, world, writes };
    }

    const NAMES = ['configuration set', 'event destination', 'subscription'];
    async function checksOf({ simulated }: ReturnType<typeof accountWith>, repair: boolean) {
      const checks = await runChecks(simulated.deployment, {
        from: FROM,
        send: false,
        timeoutMs: 1,
        onCheck: () => {},
        repair,
      });
      return checks.filter(({ name }) => NAMES.includes(name));
    }

    const destination = (changes: Partial<Destination> = {}): Destination => ({
      Name: 'destination',
      Enabled: true,
      MatchingEventTypes: OUTCOMES,
      SnsDestination: { TopicArn: 'arn:topic' },
      ...changes,
    });

    it('changes nothing without --repair, and names --repair', async () => {
      const account = accountWith({ set: true });
      const checks = await checksOf(account, false);
      expect(checks.map(({ status }) => status)).toEqual(['ok', 'failed', 'failed']);
      for (const { advice } of checks.slice(1)) expect(advice).toContain('doctor --repair');
      for (const check of checks) expect(check).not.toHaveProperty('repair');
      expect(account.writes).toEqual([]);
    });

    it('creates everything again with --repair, as the stack did, and once', async () => {
      const account = accountWith({});
      const checks = await checksOf(account, true);
      expect(checks.map(({ status, detail }) => [status, detail.startsWith('repaired: ')])).toEqual(
        NAMES.map(() => ['ok', true]),
      );
      expect(account.writes).toEqual([
        'set ours {"ReputationMetricsEnabled":true}',
        'destination destination',
        `subscription ${JSON.stringify({
          TopicArn: 'arn:topic',
          Protocol: 'sqs',
          Endpoint: 'arn:queue',
          Attributes: {
            RawMessageDelivery: 'true',
            RedrivePolicy: JSON.stringify({ deadLetterTargetArn: 'arn:dead' }),
          },
        })}`,
      ]);
      expect(account.world.destinations).toEqual([destination()]);
      expect((await checksOf(account, true)).map(({ detail }) => detail.startsWith('repaired'))).toEqual(
        NAMES.map(() => false),
      );
      expect(account.writes).toHaveLength(3);
    });

    it.each([
      ['is disabled', destination({ Enabled: false, Name: 'renamed' })],
      [
        'omits REJECT, SUBSCRIPTION',
        destination({
          Name: 'renamed',
          MatchingEventTypes: OUTCOMES.filter((type) => !/REJ|SUB/.test(type)),
        }),
      ],
    ])('updates an event destination that %s, under its own name', async (problem, broken) => {
      const other = destination({ Name: 'other', SnsDestination: { TopicArn: 'arn:other' }, Enabled: false });
      const account = accountWith({ set: true, subscribed: true, destinations: [other, broken] });
      expect((await checksOf(account, false))[1]?.detail).toContain(problem);
      expect((await checksOf(account, true))[1]).toMatchObject({ status: 'ok' });
      expect(account.world.destinations).toEqual([other, destination({ Name: 'renamed' })]);
    });

    it('creates an event destination with the types of trackEngagement', async () => {
      const account = accountWith({ set: true, subscribed: true }, { trackEngagement: true });
      await checksOf(account, true);
      expect(account.world.destinations[0]?.MatchingEventTypes).toEqual([...OUTCOMES, 'OPEN', 'CLICK']);
    });

    it('reports a repair that AWS denies as not_checked', async () => {
      const sns = simulatedClient<Deployment['sns']>({
        ListSubscriptionsByTopic: () => ({}),
        Subscribe() {
          throw errorNamed('AuthorizationErrorException');
        },
      });
      const account = accountWith({ set: true, destinations: [destination()] }, { sns });
      expect((await checksOf(account, true))[2]).toMatchObject({
        name: 'subscription',
        status: 'not_checked',
        detail: expect.stringContaining('AuthorizationErrorException'),
      });
    });
  });

  it('warns about messages that were quarantined within 14 days', async () => {
    const simulated = createTestDeployment();
    expect((await runDoctorChecks(simulated)).find(({ name }) => name === 'quarantine')).toMatchObject({
      status: 'ok',
    });
    for (const daysAgo of [13, 14]) {
      const message = { messageId: String(daysAgo), body: 'x', reason: 'not_ses', detail: '' };
      const retention = { retentionDays: 90, receivedAtMs: Date.now() - daysAgo * 86_400_000 };
      await putRows(simulated.table, [quarantineRow(message, retention)]);
    }
    expect((await runDoctorChecks(simulated)).find(({ name }) => name === 'quarantine')).toMatchObject({
      status: 'warning',
      detail: 'quarantined in the last 14 days: 1 not_ses',
    });
  });
});
