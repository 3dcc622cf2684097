import { spawn, type ChildProcess } from 'node:child_process';

export interface Command {
  /** As people know it: it stands in messages. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the process. */
  readonly env: Readonly<Record<string, string>>;
}

/** The programs a run has started: each ends on its own, or with the run. */
export interface Processes {
  /** Runs to the end and gives what it wrote to stdout; a failure carries the last lines it wrote. */
  run(command: Command): Promise<string>;
  /** Starts a program that is to stay, its stdin open for as long: one that ends before `end` has crashed. */
  startService(command: Command): void;
  /** Ends every program and everything it started. Nothing can be started after it. */
  stopAll(): Promise<void>;
}

/** Kept of what a program writes, to be shown when it fails. */
const TAIL_CHARACTERS = 4_000;
const KILL_AFTER_MS = 3_000;

interface Started {
  readonly child: ChildProcess;
  readonly closed: Promise<number | null>;
  readonly output: { stdout: string; tail: string };
}

/** `onCrash` hears of a program that was to stay and has ended; one that ignores SIGTERM is killed after a while. */
export function createProcesses(
  onCrash: (error: Error) => void,
  killAfterMs: number = KILL_AFTER_MS,
): Processes {
  const running = new Set<Started>();
  let ending = false;

  function start({ name, file, args, cwd, env }: Command): Started {
    if (ending) throw new Error(`${name} is not started: the run is ending`);
    // A process group of its own: what it starts ends with it, and a terminal's Ctrl-C reaches it only through us.
    const child = spawn(file, [...args], { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const output = { stdout: '', tail: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text;
      output.tail = (output.tail + text).slice(-TAIL_CHARACTERS);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.tail = (output.tail + text).slice(-TAIL_CHARACTERS);
    });
    const closed = new Promise<number | null>((resolve, reject) => {
      child.once('error', (error) => {
        reject(new Error(`${name} cannot be started: ${error.message}`, { cause: error }));
      });
      child.once('close', resolve);
    });
    const started = { child, closed, output };
    running.add(started);
    const forget = (): void => void running.delete(started);
    closed.then(forget, forget);
    return started;
  }

  function failure(name: string, code: number | null, { output }: Started): Error {
    return new Error(`${name} ended with ${code ?? 'a signal'}:\n${output.tail.trim()}`);
  }

  async function watch(command: Command, started: Started): Promise<void> {
    try {
      const code = await started.closed;
      if (!ending) onCrash(failure(command.name, code, started));
    } catch (error) {
      if (!ending) onCrash(error as Error);
    }
  }

  return {
    async run(command) {
      const started = start(command);
      started.child.stdin?.end();
      const code = await started.closed;
      if (code !== 0) throw failure(command.name, code, started);
      return started.output.stdout;
    },

    startService(command) {
      const started = start(command);
      // It writes for as long as the run lasts: only the tail is kept.
      started.child.stdout?.on('data', () => {
        started.output.stdout = '';
      });
      void watch(command, started);
    },

    async stopAll() {
      ending = true;
      await Promise.all([...running].map((started) => endOne(started, killAfterMs)));
    },
  };
}

async function endOne({ child, closed }: Started, killAfterMs: number): Promise<void> {
  const settled = closed.catch(() => null);
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), killAfterMs);
  await settled;
  clearTimeout(timer);
  // The leader is gone; a child of it that ignored SIGTERM is not, and only its group still names it.
  signalGroup(child, 'SIGKILL');
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: nobody left in the group.
  }
}
