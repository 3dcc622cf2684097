import { join } from 'node:path';
import { formatBanner } from './banner.ts';
import { readOptions } from './options.ts';
import { publishStackFile, refuseSecondRun, removeStackFile } from '../admin/stack-file.ts';
import { startLocalStack, STATE_FOLDER, type LocalStack } from './stack.ts';

const stackFile = join(STATE_FOLDER, 'stack.json');
const interruption = new AbortController();
let running: LocalStack | undefined;
let exiting = false;

/** Stops the run and exits. Every exit of this process goes through here, so that no process and no file is left. */
async function exit(code: number, message: string): Promise<void> {
  if (exiting) return;
  exiting = true;
  try {
    removeStackFile(stackFile, process.pid);
    await running?.stop();
  } finally {
    (code === 0 ? console.log : console.error)(message);
    process.exit(code);
  }
}

function interrupt(): void {
  interruption.abort(new Error('interrupted'));
  // A start that is in progress aborts, and `main` exits.
  if (running) void exit(0, '\nStopped. No process is left running.');
}

async function main(): Promise<void> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    return exit(2, error instanceof Error ? error.message : String(error));
  }
  if (options.kind === 'text') return exit(0, options.text);
  try {
    refuseSecondRun(stackFile);
    running = await startLocalStack({ ...options, signal: interruption.signal });
    interruption.signal.throwIfAborted();
    publishStackFile(stackFile, running.stack);
    console.log(formatBanner(running, options.retryScale));
    void running.crashed.then((error) =>
      exit(1, `\n${error.message}\nAll other parts of the run were stopped.`),
    );
  } catch (error) {
    if (interruption.signal.aborted) return exit(0, 'Stopped. No process is left running.');
    return exit(1, error instanceof Error ? error.message : String(error));
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
// start.mjs has ended, for any reason.
process.on('disconnect', interrupt);
process.on('uncaughtException', (error) => void exit(1, error.stack ?? String(error)));
await main();
