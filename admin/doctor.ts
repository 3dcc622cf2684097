import { runCheck, failed, notChecked, ok, warning, type Check, type Finding } from './checks.ts';
import type { Deployment } from './deployment.ts';
import { runEndToEndChecks } from './end-to-end.ts';
import {
  checkDeadLetters,
  checkQuarantine,
  checkQueue,
  checkEventSources,
  checkSubscription,
} from './pipeline-checks.ts';
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
  /** What mail is to be sent from; the identity that is looked at. */
  readonly from?: string | undefined;
  readonly apiKey?: string | undefined;
  /** Whether to send to the mailbox simulator. */
  readonly send: boolean;
  readonly timeoutMs: number;
  /** Called with each check as it is done. */
  readonly onCheck: (done: Check) => void;
}

async function checkApi({ apiUrl }: Deployment, apiKey: string | undefined): Promise<Finding> {
  if (apiKey === undefined) return notChecked('no API key was given: --api-key, or IVYMAIL_API_KEY');
  const answer = await fetch(`${apiUrl}/v1/workspace`, { headers: { 'x-api-key': apiKey } });
  const body = (await answer.json()) as { id?: string; error?: { code: string }; key?: { scopes: string[] } };
  if (answer.status === 401 || answer.status === 403) {
    return failed(
      `the API key is wrong: the API answers ${answer.status} ${body.error?.code ?? ''}`.trim(),
      'npm run admin -- key list shows the keys there are; init --another makes one',
    );
  }
  if (!answer.ok) return failed(`the API answers ${answer.status} ${body.error?.code ?? ''}`.trim());
  const scopes = body.key?.scopes.join(', ') ?? 'none';
  return body.key?.scopes.includes('admin')
    ? ok(`answers as workspace ${body.id ?? ''}`)
    : warning(`the key has the scopes ${scopes}; sending a test needs admin`);
}

/** Looks at everything between SES and the log, then sends through it. In order; each is told as soon as it is known. */
export async function runChecks(deployment: Deployment, options: DoctorOptions): Promise<readonly Check[]> {
  const { apiKey, from } = options;
  const looks: readonly (readonly [string, () => Promise<Finding>])[] = [
    ['API and key', () => checkApi(deployment, apiKey)],
    ['SES account', () => checkAccount(deployment)],
    ['SES quota', () => checkQuota(deployment)],
    ['sender', () => checkIdentity(deployment, from)],
    ['DKIM', () => checkDkim(deployment, from)],
    ['identity notifications', () => checkNotifications(deployment, from)],
    ['configuration set', () => checkConfigurationSet(deployment)],
    ['event destination', () => checkDestination(deployment)],
    ['subscription', () => checkSubscription(deployment)],
    ['queue', () => checkQueue(deployment)],
    ['event sources', () => checkEventSources(deployment)],
    ['dead-letter queues', () => checkDeadLetters(deployment)],
    ['quarantine', () => checkQuarantine(deployment)],
  ];
  const done: Check[] = [];
  function tell(each: Check): void {
    done.push(each);
    options.onCheck(each);
  }
  for (const [name, look] of looks) {
    tell(await runCheck(name, look));
  }
  // What is known to be broken on the way would only be waited for.
  const broken = done.some((each) => each.status === 'failed' && each.name !== 'dead-letter queues');
  if (!options.send) {
    tell({ name: 'end to end', status: 'declined', detail: 'left out: --no-send' });
  } else if (broken) {
    tell({ name: 'end to end', ...notChecked('something above has failed') });
  } else if (apiKey === undefined || from === undefined) {
    tell({ name: 'end to end', ...notChecked('it needs --api-key and --from') });
  } else {
    const { timeoutMs } = options;
    for (const each of await runEndToEndChecks(deployment, { apiKey, from, timeoutMs })) tell(each);
  }
  return done;
}
