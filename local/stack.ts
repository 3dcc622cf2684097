import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createSignInLink } from '../admin/dashboard.ts';
import { initWorkspace } from '../admin/init.ts';
import type { StackDescription } from '../admin/stack-file.ts';
import { zipFunctions } from '../build/zip.ts';
import type { RetryOptions } from '../lambdas/core/retry-schedule.ts';
import { createTable } from '../lambdas/store/table.ts';
import type { StackOptions } from '../lib/options.ts';
import { startApiProxy } from './api-proxy.ts';
import { awsConfig, childEnvironment, REGION, STACK_NAME } from './aws.ts';
import { ACCOUNT_EXECUTIONS, API_REQUESTS, reserveExecutions } from './concurrency.ts';
import { deployStack } from './deploy.ts';
import { startEmulator } from './emulator.ts';
import { ensureLambdaNode, ensureMiniStack, isLambdaNode, LAMBDA_NODE, linkNode } from './environments.ts';
import { startInbox } from './inbox.ts';
import {
  localTemplate,
  type CloudFormationTemplate,
  type LocalTemplate,
  type LocalTiming,
} from './local-template.ts';
import { findPlaces, type Places } from './places.ts';
import { createProcesses, type Processes } from './processes.ts';
import { createProgress, isAnimated, SILENT, type Progress } from './progress.ts';
import type { Run } from './python.ts';
import { createRunFolder, removeLeftovers } from './run-folder.ts';
import { seed } from './seed.ts';
import { startSesSimulator } from './ses-simulator.ts';
import { DEFAULT_RETRY_SCALE } from './start-options.ts';
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
  /** Options of the deployed stack, for tests. They have no effect in an installed package, which contains a built template. */
  readonly stackOptions?: StackOptions;
  /** Prints nothing to the terminal. */
  readonly quiet?: boolean;
  /** Default: the places of this installation. */
  readonly places?: Places;
  /** Aborts a start that is in progress. */
  readonly signal?: AbortSignal;
}

/** The outputs of the stack that the local run needs, with the names of the template. */
interface StackOutputs {
  readonly ApiId: string;
  readonly TopicArn: string;
  readonly TableName: string;
  readonly ConfigurationSetName: string;
  readonly DefaultWorkspaceId: string;
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

/** The only verified address of the simulated SES account. */
const FROM = 'you@yourdomain.example';
const ASSETS_BUCKET = 'ivymail-assets';

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
  const { retryScale = DEFAULT_RETRY_SCALE, waitScale = retryScale, places = findPlaces() } = options;
  const runFolder = createRunFolder(places.state);
  let reportCrash: (error: Error) => void = () => {};
  const crashed = new Promise<Error>((resolve) => (reportCrash = resolve));
  const failure = new AbortController();
  const processes = createProcesses((error) => {
    reportCrash(error);
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
    const page = join(places.files, 'inbox.html');
    const inbox = await registerServer(startInbox({ now: Date.now, page }));
    const proxy = await registerServer(startApiProxy({ port: options.port ?? 0, maxRequests: API_REQUESTS }));
    const ses = await registerServer(startSesSimulator({ from: FROM, now: Date.now, newUuid: randomUUID }));
    const nodeFolder = join(runFolder, 'node');
    const env = childEnvironment(process.env, { nodeFolder, temp: join(runFolder, 'tmp') });

    const built = buildLocalApp({ processes, progress, env, places }, options.stackOptions);
    const emulated = installPrograms({ processes, progress, env, places, runFolder }).then(
      ({ python, node }) => {
        linkNode(node, nodeFolder);
        return progress.step('Local AWS started', () =>
          startEmulator({
            processes,
            python,
            program: join(places.files, 'emulator.py'),
            runFolder,
            env,
            signal,
            sesEndpoint: ses.url,
            accountExecutions: ACCOUNT_EXECUTIONS,
          }),
        );
      },
    );
    const [endpoint] = await Promise.all([emulated, built]);
    const { template, retry } = readLocalTemplate(places.dist, { retryScale, waitScale });
    const outputs = await progress.step('Stack deployed', async () => {
      const deployed = await deployStack(endpoint, {
        stackName: STACK_NAME,
        template,
        bucket: ASSETS_BUCKET,
        assets: zipFunctions(join(places.dist, 'functions')),
        parameters: { AssetsBucket: ASSETS_BUCKET },
      });
      await reserveExecutions(endpoint);
      return deployed as unknown as StackOutputs;
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
    return { stack, retry, signInUrl: link.url, crashed, stop };
  } catch (error) {
    // The first reason is reported, because a crash or an interruption explains the errors that it causes.
    failure.abort(signal.aborted ? signal.reason : error);
    await stop();
    throw signal.reason;
  }
}

interface Installation {
  readonly processes: Processes;
  readonly progress: Progress;
  readonly env: Readonly<Record<string, string>>;
  readonly places: Places;
}

/** Installs the Python packages and the Node of the Lambda workers, unless they are installed. */
async function installPrograms({
  processes,
  progress,
  env,
  places: { files, cache },
  runFolder,
}: Installation & { readonly runFolder: string }): Promise<{
  readonly python: string;
  readonly node: string;
}> {
  const run: Run = (name, file, args) => processes.run({ name, file, args, cwd: runFolder, env });
  removeLeftovers(cache);
  const python = progress.step('MiniStack installed', () => ensureMiniStack({ run, files, cache }));
  const node = isLambdaNode()
    ? process.execPath
    : progress.step(`Node ${LAMBDA_NODE} installed`, () => ensureLambdaNode({ run, files, cache }));
  return { python: await python, node: await node };
}

/** Skips the CDK's template validation, which takes a third of a synth. The tests and a deployment to AWS run it. */
const SKIP_VALIDATION = { CDK_VALIDATION: 'false' };

/** Builds the functions and the template of a clone. The installed package contains them. */
async function buildLocalApp(
  { processes, progress, env, places: { clone, state } }: Installation,
  stackOptions: StackOptions = {},
): Promise<void> {
  if (clone === undefined) return;
  // This temp folder keeps the files that tsx compiles for the next start.
  const temp = join(state, 'tmp');
  mkdirSync(temp, { recursive: true });
  await progress.step('Template built', () =>
    processes.run({
      name: 'local/app.ts',
      file: process.execPath,
      args: ['--import', 'tsx', join(clone, 'local', 'app.ts')],
      cwd: clone,
      env: { ...env, ...SKIP_VALIDATION, CDK_CONTEXT_JSON: JSON.stringify(stackOptions), TMPDIR: temp },
    }),
  );
}

function readLocalTemplate(dist: string, timing: LocalTiming): LocalTemplate {
  const deployed = readFileSync(join(dist, 'templates', 'local.json'), 'utf8');
  return localTemplate(JSON.parse(deployed) as CloudFormationTemplate, timing);
}
