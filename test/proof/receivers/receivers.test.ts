import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { sized } from '../size.ts';
import { BEHAVIORS, WELL_BEHAVED, type ReceiverBehavior } from './behaviors.ts';
import type { SenderRequest, AttemptReports, Job, ProcessState, AttemptReport } from './messages.ts';

/**
 * The deadline of the attempts in this test. A deployment has 15 s, and fault 13 tests its exact length with a virtual clock. This test
 * only shows that the deadline ends every attempt. It is ten times the longest attempt that ends by itself, so a slow machine changes no
 * outcome.
 */
const DEADLINE_MS = 6_000;
const PARALLEL = 200;
/** The number of rounds. After each round, the test measures memory and sockets. */
const ROUNDS = sized(1, 10);
/** The number of attempts at every receiver in a round. */
const TIMES = 20;
/**
 * The maximum heap of the sender: half of the 512 MB of the deliver function. Without a limit, V8 sizes its heap by the memory of the
 * machine. With 24 GB, its young generation may grow to 128 MB of garbage, which would hide the growth caused by the sender.
 */
const HEAP_MB = 256;

const folder = import.meta.dirname;
const TLS = {
  key: readFileSync(join(folder, '../../fixtures/tls/key.pem'), 'utf8'),
  cert: readFileSync(join(folder, '../../fixtures/tls/certificate.pem'), 'utf8'),
};
const OPTIONS: Readonly<Record<ReceiverBehavior['listens'], TlsOptions | undefined>> = {
  tcp: undefined,
  tls: TLS,
  'tls 1.1': { ...TLS, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
  'tls of another host': TLS,
};

const servers: Server[] = [];
const sockets = new Set<Socket>();
const children: ChildProcess[] = [];

/** Whether the data begins a request, or a TLS handshake with a server without TLS. */
function isRequest(data: Buffer, listens: ReceiverBehavior['listens']): boolean {
  return data.toString('latin1').startsWith('POST ') || (listens === 'tcp' && data[0] === 0x16);
}

async function listen({ listens, on, serve }: ReceiverBehavior): Promise<number> {
  const onConnection = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    if (on === 'connection') serve(socket);
    // Runs again for each request over a kept-alive connection.
    else socket.on('data', (data) => isRequest(data, listens) && serve(socket));
  };
  const options = OPTIONS[listens];
  const server = options ? createTlsServer(options, onConnection) : createServer(onConnection);
  server.on('tlsClientError', () => {});
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function start(file: string): ChildProcess {
  const child = fork(join(folder, file), {
    execArgv: ['--import', 'tsx', '--expose-gc', `--max-heap-size=${HEAP_MB}`],
    env: { ...process.env, DEADLINE_MS: String(DEADLINE_MS) },
  });
  children.push(child);
  return child;
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const [message] = (await once(child, 'message')) as [unknown];
  return message;
}

let sender: ChildProcess;
let healthy: Job;
const jobs: Job[] = [];
const wellBehaved: Job[] = [];

async function sendToWorker(request: SenderRequest): Promise<unknown> {
  const message = nextMessage(sender);
  sender.send(request);
  return message;
}

const attemptInParallel = (targets: readonly Job[]) =>
  sendToWorker({ type: 'attempts', jobs: targets, parallel: PARALLEL, healthy }) as Promise<AttemptReports>;
const attemptOneByOne = (targets: readonly Job[]) =>
  sendToWorker({ type: 'attempts', jobs: targets, parallel: 1 }) as Promise<AttemptReports>;
const measure = () => sendToWorker({ type: 'state' }) as Promise<ProcessState>;

beforeAll(async () => {
  const worker = start('healthy-worker.ts');
  const { port } = (await nextMessage(worker)) as { port: number };
  healthy = { name: 'healthy', url: `http://127.0.0.1:${port}/` };
  for (const [name, behavior] of Object.entries(BEHAVIORS)) {
    const receiverPort = await listen(behavior);
    const host = behavior.listens === 'tls of another host' ? 'other.example.com' : 'hooks.example.com';
    jobs.push({
      name,
      url: `${behavior.scheme}://${behavior.scheme === 'http' ? '127.0.0.1' : host}:${receiverPort}/`,
    });
  }
  wellBehaved.push(...(await wellBehavedJobs()));
  sender = start('sender-worker.ts');
  await measure();
});

/**
 * One job for each hostile receiver. If the hostile receiver runs into the deadline, the job goes to a silent receiver, otherwise to a
 * well-behaved one.
 */
async function wellBehavedJobs(): Promise<readonly Job[]> {
  const ports = { http: await listen(WELL_BEHAVED.http), https: await listen(WELL_BEHAVED.https) };
  const silent = await listen(BEHAVIORS['never responds'] as ReceiverBehavior);
  return jobs.map(({ name }) => {
    const { scheme = 'http', outcomes = [] } = BEHAVIORS[name] ?? {};
    const host = scheme === 'http' ? '127.0.0.1' : 'hooks.example.com';
    const url = `${scheme}://${host}:${ports[scheme]}/`;
    return { name, url: outcomes[0] === 'timeout' ? `http://127.0.0.1:${silent}/` : url };
  });
}

afterAll(() => {
  for (const child of children) child.disconnect();
  for (const child of children) child.kill();
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

/**
 * Shorter times are not compared, because a slow machine must not fail the test. It is ten times the duration of a healthy attempt next to
 * the others on two busy cores. A healthy attempt that waits for a hostile receiver takes as long as the deadline.
 */
const NOISE_MS = 250;
/** The number of timed rounds, of which the median counts. A single round may fall on a busy or an idle moment of the machine. */
const TIMINGS = 5;

/** The 99th percentile of the durations, in milliseconds. */
function p99(reports: readonly AttemptReport[]): number {
  const sorted = reports.map(({ ms }) => ms).toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length * 0.99)] ?? NaN;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? NaN;
}

describe(`${Object.keys(BEHAVIORS).length} kinds of hostile receivers, ${PARALLEL} at a time`, () => {
  it('get the expected outcome in time, and leave no memory and no socket behind', async () => {
    // The memory that the same number of well-behaved receivers needs does not count.
    await attemptInParallel(Array.from({ length: 10 }, () => wellBehaved).flat());
    const before = await measureIdle();
    const all = Array.from({ length: TIMES }, () => jobs).flat();
    const reports: AttemptReport[] = [];
    const after: ProcessState[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      reports.push(...(await attemptInParallel(all)).reports);
      after.push(await measureIdle());
    }
    const inMb = (bytes: number) => Math.max(0, Math.round(bytes / 1024 / 1024));
    // The peak of all memory, including garbage, and the memory that is still in use after the attempts.
    const peakMb = inMb(Math.max(...after.map(({ peak }) => peak)) - before.rss);
    const heldMb = inMb(Math.max(...after.map(({ heapUsed }) => heapUsed)) - before.heapUsed);
    const longest = Math.max(...reports.map(({ ms }) => ms));
    const socketsLeft = Math.max(...after.map(({ sockets: left }) => left));
    figures['behaviors'] = jobs.length;
    figures['attempts'] = reports.length;
    figures['longest attempt, ms'] = longest;
    figures['deadline of the attempts, ms'] = DEADLINE_MS;
    figures['peak memory growth, MB'] = peakMb;
    figures['of this, heap still in use afterward, MB'] = heldMb;
    figures['open sockets afterward'] = socketsLeft;
    const wrong = reports.filter(({ name, outcome }) => !BEHAVIORS[name]?.outcomes.includes(outcome));
    expect([...new Set(wrong.map(({ name, outcome }) => `${name}: ${outcome}`))]).toEqual([]);
    expect(reports).toHaveLength(all.length * ROUNDS);
    // Ten times the deadline, because the timers of a slow machine are late. Without a deadline, the attempt would never end.
    expect(longest).toBeLessThan(10 * DEADLINE_MS);
    expect(peakMb).toBeLessThan(64);
    expect(heldMb).toBeLessThan(4);
    expect(socketsLeft).toBe(0);
  });

  it('slow down a healthy receiver at most twice as much as well-behaved receivers do', async () => {
    const rounds: Record<'alone' | 'wellBehaved' | 'hostile', number>[] = [];
    for (let round = 0; round < TIMINGS; round += 1) {
      const alone = await attemptOneByOne(Array.from({ length: 200 }, () => healthy));
      const besideWellBehaved = await attemptInParallel(Array.from({ length: 10 }, () => wellBehaved).flat());
      const hostile = await attemptInParallel(Array.from({ length: 10 }, () => jobs).flat());
      expect(hostile.healthy.every(({ outcome }) => outcome === 'delivered')).toBe(true);
      rounds.push({
        alone: p99(alone.reports),
        wellBehaved: p99(besideWellBehaved.healthy),
        hostile: p99(hostile.healthy),
      });
    }
    const ratio = median(
      rounds.map(
        ({ wellBehaved: baseline, hostile }) => Math.max(NOISE_MS, hostile) / Math.max(NOISE_MS, baseline),
      ),
    );
    const medianOf = (condition: keyof (typeof rounds)[number]) =>
      median(rounds.map((round) => round[condition]));
    figures['p99 of a healthy receiver alone, ms'] = medianOf('alone');
    figures[`p99 next to ${PARALLEL} well-behaved or silent receivers, ms`] = medianOf('wellBehaved');
    figures[`p99 next to ${PARALLEL} hostile receivers, ms`] = medianOf('hostile');
    figures[`ratio of the last two, median of ${TIMINGS} rounds, ${NOISE_MS} ms or less counted as equal`] =
      `${ratio.toFixed(1)} ×`;
    expect(ratio).toBeLessThanOrEqual(2);
  });

  it('cannot make the sender use the response to one request for the next', async () => {
    let requests = 0;
    const port = await listen({
      ...(BEHAVIORS['never responds'] as ReceiverBehavior),
      on: 'connection',
      serve: (socket) =>
        socket.on('data', () => {
          requests += 1;
          const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
          // The first request gets two responses. Every later request is refused.
          socket.write(requests === 1 ? ok + ok : 'HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n');
        }),
    });
    const job = { name: 'smuggler', url: `http://127.0.0.1:${port}/` };
    const outcomes: string[] = [];
    for (let request = 0; request < 3; request += 1) {
      const { reports } = await attemptOneByOne([job]);
      outcomes.push(...reports.map(({ outcome }) => outcome));
    }
    expect(outcomes).toEqual(['delivered', 'http_status', 'http_status']);
  });
});

const figures: Record<string, string | number> = {};
afterAll(() => recordFigures('receivers', figures));

/** Measures the sender's process after its idle connections are closed. */
async function measureIdle(): Promise<ProcessState> {
  let now = await measure();
  for (let check = 0; check < 600 && now.sockets > 0; check += 1) {
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    now = await measure();
  }
  return now;
}
