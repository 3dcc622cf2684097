import { spawn, type ChildProcess } from 'node:child_process';

export interface Command {
  /** The name of the program in error messages. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The complete environment of the process. */
  readonly env: Readonly<Record<string, string>>;
}

/** The programs that a local run starts. Each one ends by itself, or when the run ends. */
export interface Processes {
  /** Runs a program to its end and returns its stdout. If the program fails, the error contains its last lines of output. */
  run(command: Command): Promise<string>;
  /** Starts a program that must run until `stopAll`. Its stdin stays open. If the program ends earlier, it has crashed. */
  startService(command: Command): void;
  /** Ends every program and its child processes. After that, no program can be started. */
  stopAll(): Promise<void>;
}

/** How much of a program's output is kept for the error message. */
const TAIL_CHARACTERS = 4_000;
const KILL_AFTER_MS = 3_000;

interface StartedProcess {
  readonly child: ChildProcess;
  readonly closed: Promise<number | null>;
  readonly output: { stdout: string; tail: string };
}

/** `onCrash` is called if a service ends early. A program that ignores SIGTERM is killed after `killAfterMs`. */
export function createProcesses(
  onCrash: (error: Error) => void,
  killAfterMs: number = KILL_AFTER_MS,
): Processes {
  const running = new Set<StartedProcess>();
  let ending = false;

  function start({ name, file, args, cwd, env }: Command): StartedProcess {
    if (ending) throw new Error(`${name} is not started, because the run is ending`);
    // Each program has its own process group. Its child processes end with it, and Ctrl-C in the terminal does not reach it directly.
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
    const remove = (): void => void running.delete(started);
    closed.then(remove, remove);
    return started;
  }

  function failureError(name: string, code: number | null, { output }: StartedProcess): Error {
    return new Error(`${name} ended with ${code ?? 'a signal'}:\n${output.tail.trim()}`);
  }

  async function watch(command: Command, started: StartedProcess): Promise<void> {
    try {
      const code = await started.closed;
      if (!ending) onCrash(failureError(command.name, code, started));
    } catch (error) {
      if (!ending) onCrash(error as Error);
    }
  }

  return {
    async run(command) {
      const started = start(command);
      started.child.stdin?.end();
      const code = await started.closed;
      if (code !== 0) throw failureError(command.name, code, started);
      return started.output.stdout;
    },

    startService(command) {
      const started = start(command);
      // A service writes output during the whole run, so only the tail is kept.
      started.child.stdout?.on('data', () => {
        started.output.stdout = '';
      });
      void watch(command, started);
    },

    async stopAll() {
      ending = true;
      await Promise.all([...running].map((started) => stopProcess(started, killAfterMs)));
    },
  };
}

async function stopProcess({ child, closed }: StartedProcess, killAfterMs: number): Promise<void> {
  const settled = closed.catch(() => null);
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), killAfterMs);
  await settled;
  clearTimeout(timer);
  // The group leader has ended, but a child process that ignored SIGTERM may still run. The group id still reaches it.
  signalGroup(child, 'SIGKILL');
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: no process is left in the group.
  }
}
