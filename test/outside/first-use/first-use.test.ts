/**
 * The first use of the package by a new user: the commands of README.md in an empty folder, then a CDK app in the started local AWS,
 * its first key, and its first webhook.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StackDescription } from '../../../admin/stack-file.ts';
import { VERSION } from '../../../lambdas/core/version.ts';
import { createTopic } from '../../../local/topic.ts';
import { bounceEvent, sesMessageId } from '../../../sim/ses/events.ts';
import type * as webhookModule from '../../../webhook/index.ts';
import { installPackages, installTarball } from '../installed.ts';

const run = promisify(execFile);
const root = resolve('.');
const readme = readFileSync('README.md', 'utf8');

/** The file that `npm pack` writes into the clone. */
const TARBALL = `ivymail-events-${VERSION}.tgz`;

/** The first block of a language below a heading of README.md. */
function readmeBlock(heading: string, language: string): string {
  const section = readme.split(`\n## ${heading}\n`)[1] ?? '';
  return new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(section)?.[1] ?? '';
}

/** The Node of the machine comes first, not that of this project. */
const path = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

const home = mkdtempSync(join(tmpdir(), 'ivymail-first-use-'));
const folder = join(home, 'ivymail');
const env: NodeJS.ProcessEnv = {
  PATH: path,
  HOME: home,
  NO_COLOR: '1',
  // Later runs download nothing.
  XDG_CACHE_HOME: join(root, '.local', 'first-use-cache'),
  npm_config_update_notifier: 'false',
  CDK_DISABLE_CLI_TELEMETRY: 'true',
};

let start: ChildProcess;
let output = '';
let stack: StackDescription;
/** The environment of a program that uses the local AWS. */
let awsEnv: NodeJS.ProcessEnv;

/** Runs the commands of README.md, except `npm ci`, which would replace the packages of the running tests. */
beforeAll(async () => {
  const commands = readmeBlock('Try it', 'sh');
  if (!/^npm ci && export PACKAGE=[^]*\nnpx ivymail-events start\n$/.test(commands))
    throw new Error(`README.md has other commands: ${commands}`);
  start = spawn('bash', ['-euc', commands.replace(/^npm ci && /, '').replace('start', 'start --no-seed')], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  for (const stream of [start.stdout, start.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(start, 'close').then(() => Promise.reject(new Error(`It ended: ${output}`)));
  const ready = new Promise<void>((done) => {
    start.stdout?.on('data', () => {
      if (output.includes('Press Ctrl-C to stop')) done();
    });
  });
  await Promise.race([ready, ended]);
  ended.catch(() => undefined);
  stack = JSON.parse(readFileSync(join(folder, '.ivymail/stack.json'), 'utf8')) as StackDescription;
  awsEnv = {
    ...env,
    AWS_ENDPOINT_URL: stack.aws_endpoint_url,
    AWS_REGION: stack.region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
});

afterAll(() => {
  if (start.exitCode === null && start.signalCode === null) process.kill(-(start.pid ?? 0), 'SIGKILL');
  rmSync(home, { recursive: true, force: true });
  rmSync(TARBALL, { force: true });
});

/** Runs `npx ivymail-events` in the folder of the package, and returns the JSON that it prints. */
async function command(...args: readonly string[]): Promise<Record<string, string>> {
  const { stdout } = await run('npx', ['ivymail-events', ...args, '--json'], { cwd: folder, env: awsEnv });
  return JSON.parse(stdout) as Record<string, string>;
}

it('npm installs one package, and start runs the pipeline', async () => {
  const installed = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
  expect(installed).toEqual(['ivymail-events']);
  const response = await fetch(`${stack.base_url}/v1/send/logs?limit=10`, {
    headers: { 'x-api-key': stack.api_key },
  });
  expect(response.status).toBe(200);
});

describe('a CDK app with the package', () => {
  interface Received {
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
  }
  const received = Promise.withResolvers<Received>();
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(204).end();
      received.resolve({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    });
  });
  let installed: string;
  let apps: string;

  beforeAll(async () => {
    // The packages of an app of `cdk init`, which the tests of cdk-init pin.
    installed = await installPackages(resolve('test/outside/cdk-init'), 'cdk-init');
    await installTarball(TARBALL, installed);
    apps = mkdtempSync(join(tmpdir(), 'ivymail-app-'));
    await new Promise<void>((done) => {
      receiver.listen(0, '127.0.0.1', done);
    });
  });
  afterAll(() => {
    receiver.close();
    rmSync(apps, { recursive: true, force: true });
  });

  it('deploys, gets its first key, and sends its first webhook', async () => {
    const app = join(apps, 'my-app');
    mkdirSync(app);
    const bin = join(installed, 'node_modules/.bin');
    const cdk = async (...args: readonly string[]): Promise<void> => {
      await run(join(bin, 'cdk'), [...args, '--no-notices'], {
        cwd: app,
        env: { ...awsEnv, PATH: [bin, dirname(process.execPath), path].join(delimiter) },
        maxBuffer: 64 * 1024 * 1024,
      });
    };
    await cdk('init', 'app', '--language=typescript', '--generate-only');
    symlinkSync(join(installed, 'node_modules'), join(app, 'node_modules'));
    const [imports = '', statement = ''] = readmeBlock('Deploy it', 'ts').split('\n\n');
    // The receiver of this test is on loopback.
    const added = statement.replace("'Mail')", "'Mail', { allowInsecureEndpoints: true })");
    const file = join(app, 'lib/my-app-stack.ts');
    const source = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      `${imports}\n${source.replace('super(scope, id, props);', (line) => `${line}\n${added}`)}`,
    );
    await cdk('bootstrap', 'aws://000000000000/us-east-1');
    await cdk('deploy', '--require-approval', 'never');

    const deployment = await command('describe', '--stack', 'MyAppStack');
    expect(deployment).toMatchObject({ stack: 'MyAppStack', construct: 'Mail' });
    const { api_key: key = '' } = await command('init', '--stack', 'MyAppStack');
    expect(key).toMatch(/^ivy_live_/);

    const { port } = receiver.address() as AddressInfo;
    const api = `${stack.aws_endpoint_url}/restapis/${deployment['api_id']}/prod/_user_request_`;
    const created = await fetch(`${api}/v1/webhooks`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify({ url: `http://127.0.0.1:${port}/`, events: ['bounced'] }),
    });
    expect(created.status).toBe(201);
    const { secret } = (await created.json()) as { readonly secret: string };

    const atMs = Date.now();
    const messageId = sesMessageId(atMs, randomUUID());
    const email = {
      messageId,
      acceptedAtMs: atMs,
      source: 'you@yourdomain.example',
      to: ['invalid@example.com'],
      subject: 'Hello',
      configurationSet: deployment['configuration_set'] ?? '',
      operation: 'SendEmail',
    } as const;
    await createTopic(stack.aws_endpoint_url, deployment['topic_arn'] ?? '').publish(
      bounceEvent(email, ['invalid@example.com'], {
        atMs,
        bounce: { type: 'Permanent', subType: 'General', status: '5.1.1', diagnosticCode: 'user unknown' },
      }),
    );

    const webhook = await received.promise;
    const module = pathToFileURL(join(folder, 'node_modules/ivymail-events/dist/webhook.mjs')).href;
    const { verifyWebhook } = (await import(module)) as typeof webhookModule;
    const event = await verifyWebhook(secret, webhook.headers, webhook.body);
    expect(event).toMatchObject({ event: 'bounced', to: 'invalid@example.com', message_id: messageId });
    await expect(verifyWebhook(secret, webhook.headers, `${webhook.body} `)).rejects.toMatchObject({
      code: 'no_matching_signature',
    });
  });
});

it('Ctrl-C ends the run and leaves no process', async () => {
  const closed = once(start, 'close');
  process.kill(-(start.pid ?? 0), 'SIGINT');
  await closed;
  const left = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        return [];
      }
    })
    .filter((line) => line.includes(home));
  expect(left).toEqual([]);
  expect(readdirSync(join(folder, '.ivymail')).filter((name) => name !== '.gitignore')).toEqual([]);
});
