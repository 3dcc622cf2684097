import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { KMSClient } from '@aws-sdk/client-kms';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { CALL_LIMITS } from '../core/aws-client-timeouts.ts';
import { ENV, pausesConfigurationSet, requireEnv, requireNumberEnv } from '../core/env.ts';
import { createResolve } from '../delivery/address-guard.ts';
import { createSecretOpener } from '../delivery/secrets.ts';
import { createSender } from '../delivery/send.ts';
import { cursorKey } from '../store/cursor-key.ts';
import { createTable } from '../store/table.ts';
import type { ApiDeps } from './deps.ts';
import { createSesAccountReader } from './ses-account.ts';

/** SES is called once, and the call ends before API Gateway's own timeout of 29 s. Otherwise the client could not learn the outcome. */
function createSesClient(): SESv2Client {
  return new SESv2Client({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  });
}

/** Creates the dependencies of the api function from its environment. Throws if an environment variable is missing. */
export function awsDeps(
  environment: Readonly<Record<string, string | undefined>>,
  { onUncheckedSend }: Pick<ApiDeps, 'onUncheckedSend'>,
): ApiDeps {
  const table = createTable(requireEnv(environment, ENV.tableName));
  const kms = new KMSClient({ requestHandler: CALL_LIMITS });
  const secretsKeyArn = requireEnv(environment, ENV.secretsKeyArn);
  const allowInsecureEndpoints = environment[ENV.allowInsecureEndpoints] === 'true';
  const resolve = createResolve();
  const ses = createSesClient();
  return {
    table,
    ses,
    kms,
    secrets: createSecretOpener({ kms, now: Date.now }),
    sendWebhook: createSender({ allowLoopback: allowInsecureEndpoints, resolve }),
    resolve,
    // build/functions.ts puts these files beside the code.
    readSite: (file) => readFile(new URL(`site/${file}`, import.meta.url), 'utf8'),
    cursorKey: cursorKey({ table, kms, keyArn: secretsKeyArn, randomBytes }),
    configurationSet: requireEnv(environment, ENV.configurationSet),
    sesAccount: createSesAccountReader(ses, Date.now),
    pausesConfigurationSet: pausesConfigurationSet(environment),
    onUncheckedSend,
    secretsKeyArn,
    retentionDays: requireNumberEnv(environment, ENV.retentionDays),
    retry: JSON.parse(requireEnv(environment, ENV.retry)) as ApiDeps['retry'],
    allowInsecureEndpoints,
    now: Date.now,
    randomBytes,
  };
}
