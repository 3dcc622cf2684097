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
import { ACCOUNT_EXECUTIONS, API_REQUESTS, reserveExecutions } from './concurrency.ts';
import { createCdk } from './cdk.ts';
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
  /** The port of the API proxy. Default: a free port. */
  readonly port?: number;
  /** Whether to create the seed data. */
  readonly seed: boolean;
  /** The factor that shortens the retries of a deployment. More than 0, at most 1. Default: 0.05. */
  readonly retryScale?: number;
  /** The factor that shortens the other waits of a deployment. More than 0, at most 1. Default: the value of `retryScale`. */
  readonly waitScale?: number;
  /** Prints nothing to the terminal. */
  readonly quiet?: boolean;
  /** Aborts a start that is in progress. */
  readonly signal?: AbortSignal;
}

export interface LocalStack {
  readonly stack: StackDescription;
  /** The deployed retry schedule, already scaled. */
  readonly retry: RetryOptions;
  /** A link that signs in to the dashboard until its key expires. */
  readonly signInUrl: string;
  /** Resolves if a part of the run crashes. */
  readonly crashed: Promise<Error>;
  /** Stops every part of the run. No process and no file is left. */
  stop(): Promise<void>;
}

export const DEFAULT_RETRY_SCALE = 0.05;
/** The only verified address of the simulated SES account. */
const FROM = 'you@yourdomain.example';
const root = resolve(import.meta.dirname, '..');
export const STATE_FOLDER = join(root, '.local');

/**
 * Starts an AWS emulator on loopback, deploys the app to it, and starts the SES simulator, the inbox and the API proxy.
 * Several local runs can run at the same time, because each has its own ports and its own folder. A failed start leaves no
 * process and no file.
 */
export function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const animated = isAnimated(process.stdout, process.env);
  const progress = options.quiet ? SILENT : createProgress(process.stdout, { animated, now: Date.now });
  return progress.step('Ready', () => start(options, progress));
}

async function start(options: LocalStackOptions, progress: Progress): Promise<LocalStack> {
  const { retryScale = DEFAULT_RETRY_SCALE, waitScale = retryScale } = options;
  const retry = scaleRetry(deployedRetry(), retryScale);
  const runFolder = createRunFolder();
  const crash = Promise.withResolvers<Error>();
  const failure = new AbortController();
  const processes = createProcesses((error) => {
    crash.resolve(error);
    failure.abort(error);
  });
  const signal = AbortSignal.any([failure.signal, ...(options.signal ? [options.signal] : [])]);
  const stopSteps: (() => Promise<void>)[] = [() => processes.stopAll()];
  // Without this, the start would wait for programs that still run.
  signal.addEventListener('abort', () => void processes.stopAll());

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= Promise.all(stopSteps.map((stopStep) => stopStep())).then(() =>
      rmSync(runFolder, { recursive: true, force: true }),
    ));
  async function registerServer<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
    const server = await starting;
    stopSteps.push(() => server.close());
    return server;
  }

  try {
    const inbox = await registerServer(startInbox({ now: Date.now }));
    const proxy = await registerServer(startApiProxy({ port: options.port ?? 0, maxRequests: API_REQUESTS }));
    const ses = await registerServer(startSesSimulator({ from: FROM, now: Date.now, newUuid: randomUUID }));
    const env = childEnvironment(process.env, { root, temp: join(runFolder, 'tmp') });
    const cdk = createCdk({ processes, root, runFolder, env, timing: { retry, waitScale } });

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
          accountExecutions: ACCOUNT_EXECUTIONS,
        }),
      )
      .then(async (endpoint) => {
        await progress.step('Local AWS bootstrapped', () => cdk.bootstrap(endpoint));
        return endpoint;
      });
    const [endpoint] = await Promise.all([emulated, synthesized]);
    const outputs = await progress.step('Stack deployed', async () => {
      const deployed = await cdk.deploy(endpoint);
      await reserveExecutions(endpoint);
      return deployed;
    });

    const topic = createTopic(endpoint, outputs.TopicArn);
    proxy.connect(`${endpoint}/restapis/${outputs.ApiId}/prod/_user_request_`);
    ses.connect({
      configurationSet: outputs.ConfigurationSetName,
      topicArn: outputs.TopicArn,
      publish: (event) => topic.publish(event),
    });
    const table = createTable(outputs.TableName, new DynamoDBClient(awsConfig(endpoint)));
    const workspaceId = outputs.DefaultWorkspaceId;
    const [key, link] = await progress.step('API key created', async () => [
      await initWorkspace({ table, workspaceId }),
      await createSignInLink(table, { workspaceId, scopes: ['admin'], apiUrl: proxy.url }),
    ]);
    const stack: StackDescription = {
      base_url: proxy.url,
      dashboard_url: `${proxy.url}/dashboard`,
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
      await progress.step('Seed data created', () =>
        seed({ stack, publish: (events) => topic.publishAll(events), nowMs: Date.now(), signal }),
      );
    signal.throwIfAborted();
    return { stack, retry, signInUrl: link.url, crashed: crash.promise, stop };
  } catch (error) {
    // The first reason is reported, because a crash or an interruption explains the errors that it causes.
    failure.abort(signal.aborted ? signal.reason : error);
    await stop();
    throw signal.reason;
  }
}

/** Returns the `retry` option of a deployment: the context value in cdk.json, or the default. Throws if it is invalid. */
function deployedRetry(): RetryOptions {
  const file = readFileSync(join(root, 'cdk.json'), 'utf8');
  const { context = {} } = JSON.parse(file) as { readonly context?: Readonly<Record<string, unknown>> };
  const { retry } = optionsFromContext({ getAllContext: () => context });
  return resolveOptions({ ...(retry !== undefined && { retry }) }).retry;
}

/** Creates the folder `.local/run-<pid>-…`. Removes the folders of runs that were killed. */
function createRunFolder(): string {
  mkdirSync(STATE_FOLDER, { recursive: true });
  for (const name of readdirSync(STATE_FOLDER)) {
    const pid = /^run-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isProcessAlive(Number(pid)))
      rmSync(join(STATE_FOLDER, name), { recursive: true, force: true });
  }
  const folder = mkdtempSync(join(STATE_FOLDER, `run-${process.pid}-`));
  mkdirSync(join(folder, 'tmp'));
  // The emulator runs its Lambda workers below this folder. Without this file, Node would read the project's package.json, run
  // the workers as ES modules, and they would fail.
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  return folder;
}
