import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startLocalStack } from '../local/stack.ts';
import { median, type Figure } from './figure.ts';

const STARTS = 3;
const GOAL_SECONDS = 60;

/** Unpacks the npm package below `folder`. Returns the path of its command. */
function unpackCommand(folder: string): string {
  execFileSync('npm', ['pack', '--loglevel=error', '--pack-destination', folder]);
  const [archive = ''] = readdirSync(folder);
  execFileSync('tar', ['-xzf', archive], { cwd: folder });
  return join(folder, 'package/dist/cli/main.mjs');
}

/** Runs `start` in an empty folder until everything runs, and ends it. Returns the seconds until then. */
async function secondsUntilReady(command: string): Promise<number> {
  const project = mkdtempSync(join(tmpdir(), 'ivymail-bench-'));
  const startMs = performance.now();
  const run = spawn(process.execPath, [command, 'start', '--json'], {
    cwd: project,
    // The downloads are kept between the starts, and between two runs of this measurement.
    env: { ...process.env, XDG_CACHE_HOME: resolve('.local/package-cache') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((done) => run.once('close', () => done()));
  try {
    await new Promise<void>((ready, fail) => {
      // The command prints one line when everything runs, and nothing before.
      run.stdout.once('data', () => ready());
      run.once('close', (code) => fail(new Error(`start ended with ${code}`)));
    });
    return (performance.now() - startMs) / 1000;
  } finally {
    run.kill('SIGTERM');
    await ended;
    rmSync(project, { recursive: true, force: true });
  }
}

async function secondsOfClone(): Promise<number> {
  const startMs = performance.now();
  const running = await startLocalStack({ seed: true, quiet: true });
  const seconds = (performance.now() - startMs) / 1000;
  await running.stop();
  return seconds;
}

async function repeated(measure: () => Promise<number>): Promise<number> {
  const seconds: number[] = [];
  for (let count = 0; count < STARTS; count += 1) seconds.push(await measure());
  return median(seconds);
}

/** The time until the local run is ready. The first start of each kind downloads packages, so it is not measured. */
export async function startTime(): Promise<readonly Figure[]> {
  const folder = join(mkdtempSync(join(tmpdir(), 'ivymail-bench-package-')), 'packed');
  mkdirSync(folder);
  try {
    const command = unpackCommand(folder);
    await secondsUntilReady(command);
    const ofPackage = await repeated(() => secondsUntilReady(command));
    await secondsOfClone();
    const ofClone = await repeated(secondsOfClone);
    const how = `median of ${STARTS} starts after the downloads, with seed data`;
    return [
      {
        name: 'npx ivymail-events start, in an empty folder: time until it is ready',
        value: ofPackage,
        goal: GOAL_SECONDS,
        unit: 's',
        how,
      },
      {
        name: 'npm start, in a clone: time until it is ready',
        value: ofClone,
        goal: GOAL_SECONDS,
        unit: 's',
        how: `${how}; builds the functions and the template`,
      },
    ];
  } finally {
    rmSync(resolve(folder, '..'), { recursive: true, force: true });
  }
}
