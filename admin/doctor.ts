import { runCheck, failed, notChecked, ok, warning, type Check, type Finding } from './checks.ts';
import type { Deployment } from './deployment.ts';
import { runEndToEndChecks } from './end-to-end.ts';
import {
  checkConcurrency,
  checkDeadLetters,
  checkQuarantine,
  checkQueue,
  checkEventSources,
  checkSubscription,
} from './pipeline-checks.ts';
import { checkPricePlan } from './price-plan.ts';
import { checkReputation } from './reputation-check.ts';
import {
  checkAccount,
  checkConfigurationSet,
  checkDestination,
  checkDkim,
  checkIdentity,
  checkNotifications,
  checkQuota,
} from './ses-checks.ts';

export interface DoctorOptions {
  /** The sender of the test emails. Its SES identity is checked. */
  readonly from?: string | undefined;
  readonly apiKey?: string | undefined;
  /** Whether to create missing resources again. Default: false. */
  readonly repair?: boolean;
  /** Whether to send emails to the SES mailbox simulator. */
  readonly send: boolean;
  readonly timeoutMs: number;
  /** Called with each check as soon as it is complete. */
  readonly onCheck: (check: Check) => void;
}

async function checkApi({ apiUrl }: Deployment, apiKey: string | undefined): Promise<Finding> {
  if (apiKey === undefined) return notChecked('no API key: set --api-key or IVYMAIL_API_KEY');
  const response = await fetch(`${apiUrl}/v1/workspace`, { headers: { 'x-api-key': apiKey } });
  const body = (await response.json()) as {
    id?: string;
    error?: { code: string };
    key?: { scopes: string[] };
  };
  if (response.status === 401 || response.status === 403) {
    return failed(
      `the API refused the key: ${response.status} ${body.error?.code ?? ''}`.trim(),
      'npx ivymail-events key list shows the existing keys, and init --another creates one',
    );
  }
  if (!response.ok)
    return failed(`the API responded with ${response.status} ${body.error?.code ?? ''}`.trim());
  const scopes = body.key?.scopes.join(', ') ?? 'none';
  return body.key?.scopes.includes('admin')
    ? ok(`the key belongs to workspace ${body.id ?? ''}`)
    : warning(`the key has the scopes ${scopes}, but test emails need the scope admin`);
}

/** Checks everything between SES and the log, then sends test emails. Reports each check as soon as it is complete. */
export async function runChecks(deployment: Deployment, options: DoctorOptions): Promise<readonly Check[]> {
  const { apiKey, from } = options;
  const checks: readonly (readonly [string, () => Promise<Finding>])[] = [
    ['API and key', () => checkApi(deployment, apiKey)],
    ['SES account', () => checkAccount(deployment)],
    ['SES quota', () => checkQuota(deployment)],
    ['SES price plan', () => checkPricePlan(deployment)],
    ['SES reputation', () => checkReputation(deployment)],
    ['sender', () => checkIdentity(deployment, from)],
    ['DKIM', () => checkDkim(deployment, from)],
    ['identity notifications', () => checkNotifications(deployment, from)],
    ['configuration set', () => checkConfigurationSet(deployment)],
    ['event destination', () => checkDestination(deployment)],
    ['subscription', () => checkSubscription(deployment)],
    ['queue', () => checkQueue(deployment)],
    ['event sources', () => checkEventSources(deployment)],
    ['Lambda concurrency', () => checkConcurrency(deployment)],
    ['dead-letter queues', () => checkDeadLetters(deployment)],
    ['quarantine', () => checkQuarantine(deployment)],
  ];
  const results: Check[] = [];
  function report(result: Check): void {
    results.push(result);
    options.onCheck(result);
  }
  for (const [name, inspect] of checks) {
    report(await runCheck(name, inspect, { mayRepair: options.repair === true }));
  }
  // With a broken pipeline, the test emails would only wait until their timeout.
  const broken = results.some((each) => each.status === 'failed' && each.name !== 'dead-letter queues');
  if (!options.send) {
    report({ name: 'end to end', status: 'declined', detail: 'skipped because of --no-send' });
  } else if (broken) {
    report({ name: 'end to end', ...notChecked('a check above failed') });
  } else if (apiKey === undefined || from === undefined) {
    report({ name: 'end to end', ...notChecked('needs --api-key and --from') });
  } else {
    const { timeoutMs } = options;
    for (const each of await runEndToEndChecks(deployment, { apiKey, from, timeoutMs })) report(each);
  }
  return results;
}
