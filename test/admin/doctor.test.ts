import { describe, expect, it } from 'vitest';
import { summarizeChecks, type Check, type CheckStatus } from '../../admin/checks.ts';
import type { Deployment } from '../../admin/deployment.ts';
import { runChecks } from '../../admin/doctor.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { quarantineRow } from '../../lambdas/store/quarantine.ts';
import { clientOf, deploymentOf, named, type World } from './deployment.ts';

const FROM = 'you@news.example.com';

/** SES, where everything is well, but for what a test changes. */
function sesOf(
  account: Record<string, unknown> = {},
  identities: Record<string, Record<string, unknown>> = { 'example.com': {} },
): Partial<Deployment> {
  return {
    ses: clientOf({
      GetAccount: () => ({
        SendingEnabled: true,
        EnforcementStatus: 'HEALTHY',
        ProductionAccessEnabled: true,
        SendQuota: { Max24HourSend: 50_000, SentLast24Hours: 45_000 },
        ...account,
      }),
      GetEmailIdentity({ EmailIdentity: name }: { EmailIdentity: string }) {
        const identity = identities[name];
        if (!identity) throw named('NotFoundException');
        return {
          IdentityType: name.includes('@') ? 'EMAIL_ADDRESS' : 'DOMAIN',
          VerifiedForSendingStatus: true,
          DkimAttributes: { SigningEnabled: true, Status: 'SUCCESS' },
          ...identity,
        };
      },
    }),
    sesV1: clientOf({ GetIdentityNotificationAttributes: () => ({}) }),
    sesConfigurationSets: clientOf({
      GetConfigurationSet: () => ({}),
      GetConfigurationSetEventDestinations: () => {
        throw named('AccessDeniedException');
      },
    }),
  };
}

function mappingsOf(states: Readonly<Record<string, Record<string, unknown>>> = {}): Partial<Deployment> {
  return {
    lambda: clientOf({
      GetEventSourceMapping: ({ UUID: id }: { UUID: string }) => ({ State: 'Enabled', ...states[id] }),
    }),
  };
}

function examine({ deployment }: World): Promise<readonly Check[]> {
  return runChecks(deployment, { from: FROM, send: false, timeoutMs: 1, onCheck: () => {} });
}

async function look(name: string, changes: Partial<Deployment>): Promise<Check | undefined> {
  const checks = await examine(deploymentOf({ ...sesOf(), ...mappingsOf(), ...changes }));
  return checks.find((each) => each.name === name);
}

describe('the verdict of doctor', () => {
  const verdict = (...statuses: readonly CheckStatus[]) => {
    const { result, exitCode } = summarizeChecks(
      statuses.map((status) => ({ name: status, status, detail: '' })),
    );
    return [(result as { ok: boolean }).ok, exitCode];
  };

  it('is good where all is well, but for what the operator declined', () => {
    expect(verdict('ok', 'ok')).toEqual([true, 0]);
    expect(verdict('ok', 'declined')).toEqual([true, 0]);
  });

  it('is not where something was not looked at, or is to be', () => {
    expect(verdict('ok', 'not_checked')).toEqual([false, 4]);
    expect(verdict('ok', 'warning')).toEqual([false, 4]);
  });

  it('is bad where something has failed, whatever else there is', () => {
    expect(verdict('warning', 'failed', 'not_checked')).toEqual([false, 1]);
  });
});

describe('doctor', () => {
  it('takes what it was told to leave out for declined, and what it may not see for unchecked', async () => {
    const checks = await examine(deploymentOf({ ...sesOf(), ...mappingsOf() }));
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
  ])('looks how much of the daily quota is used up: %j is %s', async (account, status) => {
    expect(await look('SES quota', sesOf(account))).toMatchObject({ status });
  });

  it.each([
    [{ SendingEnabled: false }, 'failed'],
    [{ EnforcementStatus: 'SHUTDOWN' }, 'failed'],
    [{ EnforcementStatus: 'PROBATION' }, 'warning'],
    [{ ProductionAccessEnabled: false }, 'warning'],
  ])('looks what SES thinks of the account: %j is %s', async (account, status) => {
    expect(await look('SES account', sesOf(account))).toMatchObject({ status });
  });

  it.each([
    ['a domain above it', { 'example.com': {} }, 'ok'],
    ['its domain', { 'news.example.com': {} }, 'ok'],
    ['nothing', {}, 'failed'],
    ['a domain that only ends alike', { 'ws.example.com': {} }, 'failed'],
    ['a domain that is not verified', { 'example.com': { VerifiedForSendingStatus: false } }, 'failed'],
  ])('knows a sender that is verified by %s', async (_what, identities, status) => {
    expect(await look('sender', sesOf({}, identities))).toMatchObject({ status });
  });

  it.each([
    ['its domain, beside the address', { [FROM]: { DkimAttributes: {} }, 'example.com': {} }, 'ok'],
    ['nothing, being an address', { [FROM]: { DkimAttributes: {} } }, 'warning'],
    [
      'nothing, being of a subdomain of its own',
      { 'news.example.com': { DkimAttributes: { Status: 'PENDING' } }, 'example.com': {} },
      'warning',
    ],
  ])('knows a sender whose mail is signed by %s', async (_what, identities, status) => {
    expect(await look('DKIM', sesOf({}, identities))).toMatchObject({ status });
  });

  const failure = 'PROBLEM: Function call failed';
  it.each([
    [{ State: 'Disabled' }, 'failed', 'DeliveryDispatch is Disabled'],
    [{ State: 'Updating' }, 'warning', 'DeliveryDispatch is Updating'],
    [{ LastProcessingResult: failure }, 'failed', `DeliveryDispatch says of its last batch: ${failure}`],
    [{ LastProcessingResult: 'OK' }, 'ok', 'Ingest, DeliveryDispatch take what comes'],
    [{ LastProcessingResult: 'No records processed' }, 'ok', 'Ingest, DeliveryDispatch take what comes'],
  ])('looks whether everyone reads on: of %j it is %s', async (state, status, detail) => {
    expect(await look('event sources', mappingsOf({ m2: state }))).toMatchObject({ status, detail });
  });

  it('does not take a denied look at an event source for a good one', async () => {
    const lambda = clientOf<Deployment['lambda']>({
      GetEventSourceMapping() {
        throw named('AccessDeniedException');
      },
    });
    expect(await look('event sources', { lambda })).toMatchObject({ status: 'not_checked' });
  });

  it('warns of what was quarantined within 14 days', async () => {
    const world = deploymentOf();
    expect((await examine(world)).find(({ name }) => name === 'quarantine')).toMatchObject({ status: 'ok' });
    for (const daysAgo of [13, 14]) {
      const message = { messageId: String(daysAgo), body: 'x', reason: 'not_ses', detail: '' };
      const retention = { retentionDays: 90, receivedAtMs: Date.now() - daysAgo * 86_400_000 };
      await putRows(world.table, [quarantineRow(message, retention)]);
    }
    expect((await examine(world)).find(({ name }) => name === 'quarantine')).toMatchObject({
      status: 'warning',
      detail: 'set aside within 14 days: 1 not_ses',
    });
  });
});
