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
 * The deadline is 15 s in a deployment, and a virtual clock proves it exactly (fault 13). Claimed here is that it ends
 * every attempt. It is ten times what an attempt that ends by itself takes at most, so a slow machine changes no outcome.
 */
const DEADLINE_MS = 6_000;
const PARALLEL = 200;
/** Each of every behaviour so often, and memory and sockets looked at after each. */
const ROUNDS = sized(1, 10);
const TIMES = 20;
/**
 * Half of the deliver λ's 512 MB. V8 measures itself by the machine: in 24 GB its young generation alone may grow to
 * 128 MB, step by step and all of it garbage, which says nothing of the sender.
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

/** The first bytes of a request, or of a TLS hello where the server speaks no TLS. */
function isRequest(data: Buffer, listens: ReceiverBehavior['listens']): boolean {
  return data.toString('latin1').startsWith('POST ') || (listens === 'tcp' && data[0] === 0x16);
}

async function listen({ listens, on, serve }: ReceiverBehavior): Promise<number> {
  const meet = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    if (on === 'connection') serve(socket);
    // Again for each request over a connection that was kept.
    else socket.on('data', (data) => isRequest(data, listens) && serve(socket));
  };
  const options = OPTIONS[listens];
  const server = options ? createTlsServer(options, meet) : createServer(meet);
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

async function answerOf(child: ChildProcess): Promise<unknown> {
  const [answer] = (await once(child, 'message')) as [unknown];
  return answer;
}

let sender: ChildProcess;
let healthy: Job;
const jobs: Job[] = [];
const quiet: Job[] = [];

async function ask(asked: SenderRequest): Promise<unknown> {
  const answer = answerOf(sender);
  sender.send(asked);
  return answer;
}

const attempts = (of: readonly Job[]) =>
  ask({ ask: 'attempts', jobs: of, parallel: PARALLEL, healthy }) as Promise<AttemptReports>;
const oneByOne = (of: readonly Job[]) =>
  ask({ ask: 'attempts', jobs: of, parallel: 1 }) as Promise<AttemptReports>;
const state = () => ask({ ask: 'state' }) as Promise<ProcessState>;

beforeAll(async () => {
  const well = start('healthy-worker.ts');
  const { port } = (await answerOf(well)) as { port: number };
  healthy = { name: 'healthy', url: `http://127.0.0.1:${port}/` };
  for (const [name, behaviour] of Object.entries(BEHAVIORS)) {
    const own = await listen(behaviour);
    const host = behaviour.listens === 'tls of another host' ? 'other.example.com' : 'hooks.example.com';
    jobs.push({
      name,
      url: `${behaviour.scheme}://${behaviour.scheme === 'http' ? '127.0.0.1' : host}:${own}/`,
    });
  }
  quiet.push(...(await companions()));
  sender = start('sender-worker.ts');
  await state();
});

/** As many others: for each that runs into the deadline one that says nothing, for the rest honest ones. */
async function companions(): Promise<readonly Job[]> {
  const ports = { http: await listen(WELL_BEHAVED.http), https: await listen(WELL_BEHAVED.https) };
  const patient = await listen(BEHAVIORS['never answers'] as ReceiverBehavior);
  return jobs.map(({ name }) => {
    const { scheme = 'http', comesTo = [] } = BEHAVIORS[name] ?? {};
    const host = scheme === 'http' ? '127.0.0.1' : 'hooks.example.com';
    const honest = `${scheme}://${host}:${ports[scheme]}/`;
    return { name, url: comesTo[0] === 'timeout' ? `http://127.0.0.1:${patient}/` : honest };
  });
}

afterAll(() => {
  for (const child of children) child.disconnect();
  for (const child of children) child.kill();
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

/**
 * Ten times what a healthy attempt takes beside the others on two busy cores. Shorter times are not compared, because a
 * slow machine is no fault. A healthy attempt that waits for a hostile one takes as long as the deadline.
 */
const NOISE_MS = 250;
/** The middle one counts: one round may fall on a busy moment of the machine, and the best of them on a lucky one. */
const TIMINGS = 5;

/** In ms, as measured. */
function p99(told: readonly AttemptReport[]): number {
  const sorted = told.map(({ ms }) => ms).toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length * 0.99)] ?? NaN;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? NaN;
}

describe(`${Object.keys(BEHAVIORS).length} kinds of receivers that misbehave, ${PARALLEL} at a time`, () => {
  it('end in time, leave no memory and no socket behind, and come to what they are', async () => {
    // What as many honest ones take is no receiver's doing.
    await attempts(Array.from({ length: 10 }, () => quiet).flat());
    const before = await settled();
    const all = Array.from({ length: TIMES }, () => jobs).flat();
    const told: AttemptReport[] = [];
    const after: ProcessState[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      told.push(...(await attempts(all)).told);
      after.push(await settled());
    }
    const inMb = (bytes: number) => Math.max(0, Math.round(bytes / 1024 / 1024));
    // Of all there was at any time, garbage and all; and what is in use after it.
    const peakMb = inMb(Math.max(...after.map(({ peak }) => peak)) - before.rss);
    const heldMb = inMb(Math.max(...after.map(({ heapUsed }) => heapUsed)) - before.heapUsed);
    const longest = Math.max(...told.map(({ ms }) => ms));
    const socketsLeft = Math.max(...after.map(({ sockets: left }) => left));
    figures['behaviours'] = jobs.length;
    figures['attempts'] = told.length;
    figures['the longest of them, ms'] = longest;
    figures['at a deadline of, ms'] = DEADLINE_MS;
    figures['memory grown by, at its peak, MB'] = peakMb;
    figures['of it, heap still in use, MB'] = heldMb;
    figures['sockets left'] = socketsLeft;
    const wrong = told.filter(({ name, comesTo }) => !BEHAVIORS[name]?.comesTo.includes(comesTo));
    expect([...new Set(wrong.map(({ name, comesTo }) => `${name}: ${comesTo}`))]).toEqual([]);
    expect(told).toHaveLength(all.length * ROUNDS);
    // Ten times the deadline, for a machine that is late with its timers. Without a deadline, the attempt never ends.
    expect(longest).toBeLessThan(10 * DEADLINE_MS);
    expect(peakMb).toBeLessThan(64);
    expect(heldMb).toBeLessThan(4);
    expect(socketsLeft).toBe(0);
  });

  it('slow a healthy one down no more than twice as much as as many honest ones', async () => {
    const rounds: Record<'alone' | 'honest' | 'hostile', number>[] = [];
    for (let round = 0; round < TIMINGS; round += 1) {
      const alone = await oneByOne(Array.from({ length: 200 }, () => healthy));
      const honest = await attempts(Array.from({ length: 10 }, () => quiet).flat());
      const hostile = await attempts(Array.from({ length: 10 }, () => jobs).flat());
      expect(hostile.healthy.every(({ comesTo }) => comesTo === 'delivered')).toBe(true);
      rounds.push({ alone: p99(alone.told), honest: p99(honest.healthy), hostile: p99(hostile.healthy) });
    }
    const ratio = median(
      rounds.map(({ honest, hostile }) => Math.max(NOISE_MS, hostile) / Math.max(NOISE_MS, honest)),
    );
    const of = (beside: keyof (typeof rounds)[number]) => median(rounds.map((round) => round[beside]));
    figures['p99 of a healthy one alone, ms'] = of('alone');
    figures[`beside ${PARALLEL} that are honest or silent, ms`] = of('honest');
    figures[`beside ${PARALLEL} that misbehave, ms`] = of('hostile');
    figures[`median of ${TIMINGS} rounds, ${NOISE_MS} ms and less being alike`] = `${ratio.toFixed(1)} ×`;
    expect(ratio).toBeLessThanOrEqual(2);
  });

  it('never have the answer to one request taken for that of the next', async () => {
    let requests = 0;
    const port = await listen({
      ...(BEHAVIORS['never answers'] as ReceiverBehavior),
      on: 'connection',
      serve: (socket) =>
        socket.on('data', () => {
          requests += 1;
          const more = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
          // One answer too many, behind that of the first request; every later one is refused.
          socket.write(requests === 1 ? more + more : 'HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n');
        }),
    });
    const job = { name: 'smuggler', url: `http://127.0.0.1:${port}/` };
    const outcomes: string[] = [];
    for (let request = 0; request < 3; request += 1) {
      const { told } = await oneByOne([job]);
      outcomes.push(...told.map(({ comesTo }) => comesTo));
    }
    expect(outcomes).toEqual(['delivered', 'http_status', 'http_status']);
  });
});

const figures: Record<string, string | number> = {};
afterAll(() => recordFigures('receivers', figures));

/** What is left when the idle connections are closed. */
async function settled(): Promise<ProcessState> {
  let now = await state();
  for (let look = 0; look < 600 && now.sockets > 0; look += 1) {
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    now = await state();
  }
  return now;
}
