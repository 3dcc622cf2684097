import { execFile } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SAMPLE_MS = 200;

interface Entry {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
}

async function processTable(): Promise<readonly Entry[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,comm='], { maxBuffer: 16 * 1024 * 1024 });
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, ...name] = line.trim().split(/\s+/);
      return { pid: Number(pid), parent: Number(parent), name: name.join(' ') };
    });
}

/** The process ids of a local run's emulator and of its Lambda workers. */
export interface EmulatorProcesses {
  readonly emulator: readonly number[];
  readonly workers: readonly number[];
}

/**
 * Finds the processes of a local run. The process with `runPid` starts the emulator, a Python process, and
 * the emulator starts one Node process for each Lambda invocation in progress. An idle worker keeps its process for some minutes.
 */
export async function emulatorProcesses(runPid: number): Promise<EmulatorProcesses> {
  const table = await processTable();
  const emulators = new Set(
    table.filter(({ parent, name }) => parent === runPid && /python/i.test(name)).map(({ pid }) => pid),
  );
  if (emulators.size === 0) throw new Error(`Process ${runPid} runs no emulator`);
  // Node names its main thread, and `ps` can show this name instead of the name of the program.
  const workers = table.filter(({ parent, name }) => emulators.has(parent) && /node|MainThread/i.test(name));
  return { emulator: [...emulators], workers: workers.map(({ pid }) => pid) };
}

/** Counts the Lambda processes five times a second, until `stop`. Returns the highest count. */
export function watchLambdaProcesses(runPid: number): { stop(): Promise<number> } {
  const watch = new AbortController();
  async function findPeak(): Promise<number> {
    let peak = 0;
    while (!watch.signal.aborted) {
      const { workers } = await emulatorProcesses(runPid);
      peak = Math.max(peak, workers.length);
      await wait(SAMPLE_MS);
    }
    return peak;
  }
  const peaked = findPeak();
  return {
    stop() {
      watch.abort();
      return peaked;
    },
  };
}
