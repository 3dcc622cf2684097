/** A local AWS for one stack that is created from one release and then updated to another. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from '../../local/aws.ts';
import { startApiProxy } from '../../local/api-proxy.ts';
import { ACCOUNT_EXECUTIONS, API_REQUESTS } from '../../local/concurrency.ts';
import { deployStack } from '../../local/deploy.ts';
import { startEmulator } from '../../local/emulator.ts';
import { ensureMiniStack, linkNode } from '../../local/environments.ts';
import { startInbox } from '../../local/inbox.ts';
import { createProcesses } from '../../local/processes.ts';
import { startSesSimulator } from '../../local/ses-simulator.ts';
import { findPlaces } from '../../local/places.ts';
import { createTopic } from '../../local/topic.ts';
import { ASSETS_BUCKET, STACK_NAME, type Assembly } from './assembly.ts';

export const FROM = 'you@yourdomain.example';

export interface LocalAws {
  readonly endpoint: string;
  readonly inboxUrl: string;
  readonly sesUrl: string;
  /** URL of the deployed API, without a slash at the end. */
  readonly apiUrl: string;
  /** A folder for files of the test. It is removed at the end. */
  readonly folder: string;
  /** Creates the stack, or updates it in place. Returns its outputs. */
  deploy(assembly: Assembly): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

export async function startLocalAws(): Promise<LocalAws> {
  const folder = mkdtempSync(join(tmpdir(), 'ivymail-upgrade-'));
  mkdirSync(join(folder, 'tmp'));
  // The Lambda workers of the emulator are CommonJS files below this folder.
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  const { files, cache } = findPlaces();
  const nodeFolder = join(folder, 'node');
  linkNode(process.execPath, nodeFolder);
  const env = childEnvironment(process.env, { nodeFolder, temp: join(folder, 'tmp') });
  const failure = new AbortController();
  const processes = createProcesses((error) => failure.abort(error));
  const [inbox, proxy, ses] = await Promise.all([
    startInbox({ now: Date.now, page: join(files, 'inbox.html') }),
    startApiProxy({ port: 0, maxRequests: API_REQUESTS }),
    startSesSimulator({ from: FROM, now: Date.now, newUuid: randomUUID }),
  ]);
  const endpoint = await startEmulator({
    processes,
    python: await ensureMiniStack({
      run: (name, file, args) => processes.run({ name, file, args, cwd: folder, env }),
      files,
      cache,
    }),
    program: join(files, 'emulator.py'),
    runFolder: folder,
    env,
    signal: failure.signal,
    sesEndpoint: ses.url,
    accountExecutions: ACCOUNT_EXECUTIONS,
  });

  return {
    endpoint,
    inboxUrl: inbox.url,
    sesUrl: ses.url,
    apiUrl: proxy.url,
    folder,
    async deploy({ template, assets }) {
      const outputs = await deployStack(endpoint, {
        stackName: STACK_NAME,
        template,
        bucket: ASSETS_BUCKET,
        assets,
      });
      const { TopicArn: topicArn = '', ConfigurationSetName: configurationSet = '' } = outputs;
      const topic = createTopic(endpoint, topicArn);
      proxy.connect(`${endpoint}/restapis/${outputs['ApiId'] ?? ''}/prod/_user_request_`);
      ses.connect({ configurationSet, topicArn, publish: (event) => topic.publish(event) });
      return outputs;
    },
    async stop() {
      await Promise.all([processes.stopAll(), inbox.close(), proxy.close(), ses.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
