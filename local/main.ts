import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { banner } from './banner.ts';
import { publishStackFile, refuseSecondRun, removeStackFile } from './stack-file.ts';
import { DEFAULT_RETRY_SCALE, startLocalStack, STATE_FOLDER, type LocalStack } from './stack.ts';

const USAGE = `npm start -- [--no-seed] [--port N] [--retry-scale X]

  --no-seed        start with an empty log
  --port N         of the API's address (default: a free one)
  --retry-scale X  waits between retries take X of the time they show (default: ${DEFAULT_RETRY_SCALE})`;

const stackFile = join(STATE_FOLDER, 'stack.json');
const interruption = new AbortController();
let running: LocalStack | undefined;
let exiting = false;

/** The one way out: whatever the reason, nothing is left behind. */
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
  // A start that is under way ends itself, and comes back to `main`.
  if (running) void exit(0, '\nStopped; nothing is left running.');
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      'no-seed': { type: 'boolean', default: false },
      port: { type: 'string' },
      'retry-scale': { type: 'string', default: String(DEFAULT_RETRY_SCALE) },
      help: { type: 'boolean', default: false },
    },
  });
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536))
    throw new Error('--port takes a number from 1 to 65535');
  const retryScale = Number(values['retry-scale']);
  if (!(retryScale > 0 && retryScale <= 1)) throw new Error('--retry-scale takes a number over 0, at most 1');
  return { help: values.help, seed: !values['no-seed'], ...(port !== undefined && { port }), retryScale };
}

async function main(): Promise<void> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions();
  } catch (error) {
    return exit(2, `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
  if (options.help) return exit(0, USAGE);
  try {
    refuseSecondRun(stackFile);
    running = await startLocalStack({ ...options, signal: interruption.signal });
    interruption.signal.throwIfAborted();
    publishStackFile(stackFile, running.stack);
    console.log(banner(running.stack, options.retryScale, running.signInUrl));
    void running.crashed.then((error) => exit(1, `\n${error.message}\nEverything else was ended.`));
  } catch (error) {
    if (interruption.signal.aborted) return exit(0, 'Stopped; nothing is left running.');
    return exit(1, error instanceof Error ? error.message : String(error));
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
// start.mjs is gone, however it went.
process.on('disconnect', interrupt);
process.on('uncaughtException', (error) => void exit(1, error.stack ?? String(error)));
await main();
