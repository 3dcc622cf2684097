import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createTable } from '../lambdas/store/table.ts';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createSignInLink } from '../admin/dashboard.ts';
import { initWorkspace } from '../admin/init.ts';
import type { RetryOptions } from '../lambdas/core/retry-schedule.ts';
import { optionsFromContext, resolveOptions } from '../lib/options.ts';
import { awsConfig, childEnvironment, REGION } from './aws.ts';
import { createCdk } from './deploy.ts';
import { startEmulator } from './emulator.ts';
import { startApiProxy } from './api-proxy.ts';
import { startInbox } from './inbox.ts';
import { createProcesses } from './processes.ts';
import { createProgress, isAnimated, SILENT, type Progress } from './progress.ts';
import { scaleRetry } from './retry-scale.ts';
import { seed } from './seed.ts';
import { startSesSimulator } from './ses-simulator.ts';
import { isProcessAlive, type StackDescription } from '../admin/stack-file.ts';
import { createTopic } from './topic.ts';

export interface LocalStackOptions {
  /** Of the front address; a free one without it. */
  readonly port?: number;
  /** Whether to fill it with a day of mail. */
  readonly seed: boolean;
  /** By how much retries and all other waits of a deployment are shortened; more than 0, at most 1; default 0.05. */
  readonly retryScale?: number;
  /** Without a word on the terminal. */
  readonly quiet?: boolean;
  /** Breaks off a start that is under way. */
  readonly signal?: AbortSignal;
}

export interface LocalStack {
  readonly stack: StackDescription;
  /** The retry schedule that is deployed, already scaled. */
  readonly retry: RetryOptions;
  /** Signs in to the dashboard until its key expires. */
  readonly signInUrl: string;
  /** Resolves when a part has ended that was to stay. */
  readonly crashed: Promise<Error>;
  /** Ends every part; nothing is left, neither processes nor files. */
  stop(): Promise<void>;
}

export const DEFAULT_RETRY_SCALE = 0.05;
/** The one address the simulated SES account has verified. */
const FROM = 'you@yourdomain.example';
const root = resolve(import.meta.dirname, '..');
export const STATE_FOLDER = join(root, '.local');

/**
 * Deploys the app into an AWS of its own on loopback, and starts what surrounds it. Several can run beside each other:
 * each has its own ports and its own folder. A start that fails leaves nothing.
 */
export function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const lively = isAnimated(process.stdout, process.env);
  const progress = options.quiet ? SILENT : createProgress(process.stdout, { lively, now: Date.now });
  return progress.step('Ready', () => start(options, progress));
}

async function start(options: LocalStackOptions, progress: Progress): Promise<LocalStack> {
  const { retryScale = DEFAULT_RETRY_SCALE } = options;
  const retry = scaleRetry(deployedRetry(), retryScale);
  const runFolder = createRunFolder();
  const crash = Promise.withResolvers<Error>();
  const broken = new AbortController();
  const processes = createProcesses((error) => {
    crash.resolve(error);
    broken.abort(error);
  });
  const signal = AbortSignal.any([broken.signal, ...(options.signal ? [options.signal] : [])]);
  const endings: (() => Promise<void>)[] = [() => processes.stopAll()];
  // What is being run now would be waited for otherwise.
  signal.addEventListener('abort', () => void processes.stopAll());

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= Promise.all(endings.map((end) => end())).then(() =>
      rmSync(runFolder, { recursive: true, force: true }),
    ));
  async function opened<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
    const server = await starting;
    endings.push(() => server.close());
    return server;
  }

  try {
    const inbox = await opened(startInbox({ now: Date.now }));
    const front = await opened(startApiProxy({ port: options.port ?? 0 }));
    const ses = await opened(startSesSimulator({ from: FROM, now: Date.now, newUuid: randomUUID }));
    const env = childEnvironment(process.env, { root, temp: join(runFolder, 'tmp') });
    const cdk = createCdk({ processes, root, runFolder, env, timing: { retry, waitScale: retryScale } });

    const synthesized = progress.step('App synthesized', () => cdk.synth());
    const emulated = progress
      .step('Local AWS started', () =>
        startEmulator({
          processes,
          progress,
          root,
          stateFolder: STATE_FOLDER,
          runFolder,
          env,
          signal,
          sesEndpoint: ses.url,
        }),
      )
      .then(async (endpoint) => {
        await progress.step('Local AWS bootstrapped', () => cdk.bootstrap(endpoint));
        return endpoint;
      });
    const [endpoint] = await Promise.all([emulated, synthesized]);
    const outputs = await progress.step('Stack deployed', () => cdk.deploy(endpoint));

    const topic = createTopic(endpoint, outputs.TopicArn);
    front.connect(`${endpoint}/restapis/${outputs.ApiId}/prod/_user_request_`);
    ses.connect({
      configurationSet: outputs.ConfigurationSetName,
      topicArn: outputs.TopicArn,
      publish: (event) => topic.publish(event),
    });
    const table = createTable(outputs.TableName, new DynamoDBClient(awsConfig(endpoint)));
    const workspaceId = outputs.DefaultWorkspaceId;
    const [key, link] = await progress.step('API key made', async () => [
      await initWorkspace({ table, workspaceId }),
      await createSignInLink(table, { workspaceId, scopes: ['admin'], apiUrl: front.url }),
    ]);
    const stack: StackDescription = {
      base_url: front.url,
      dashboard_url: `${front.url}/dashboard`,
      api_key: key.api_key,
      workspace_id: key.workspace_id,
      inbox_url: inbox.url,
      aws_endpoint_url: endpoint,
      ses_endpoint_url: ses.url,
      region: REGION,
      topic_arn: outputs.TopicArn,
      table_name: outputs.TableName,
      configuration_set: outputs.ConfigurationSetName,
      from: FROM,
      pid: process.pid,
    };
    if (options.seed)
      await progress.step('A day of mail seeded', () =>
        seed({ stack, publish: (events) => topic.publishAll(events), nowMs: Date.now(), signal }),
      );
    signal.throwIfAborted();
    return { stack, retry, signInUrl: link.url, crashed: crash.promise, stop };
  } catch (error) {
    // The first reason stands: a crash or an interruption says more than what it broke.
    broken.abort(signal.aborted ? signal.reason : error);
    await stop();
    throw signal.reason;
  }
}

/** The `retry` option of a deployment: that of the context in cdk.json, or its default. Throws where it is wrong. */
function deployedRetry(): RetryOptions {
  const file = readFileSync(join(root, 'cdk.json'), 'utf8');
  const { context = {} } = JSON.parse(file) as { readonly context?: Readonly<Record<string, unknown>> };
  const { retry } = optionsFromContext({ getAllContext: () => context });
  return resolveOptions({ ...(retry !== undefined && { retry }) }).retry;
}

/** `.local/run-<pid>-…`; the folders of runs that were killed are removed on the way. */
function createRunFolder(): string {
  mkdirSync(STATE_FOLDER, { recursive: true });
  for (const name of readdirSync(STATE_FOLDER)) {
    const pid = /^run-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isProcessAlive(Number(pid)))
      rmSync(join(STATE_FOLDER, name), { recursive: true, force: true });
  }
  const folder = mkdtempSync(join(STATE_FOLDER, `run-${process.pid}-`));
  mkdirSync(join(folder, 'tmp'));
  // The emulator's Lambda workers live below it: without this they would be ES modules, as our package.json says, and fail.
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  return folder;
}
