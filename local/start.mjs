// `npm start`: installs what is missing, then runs main.ts on the Node of package.json. Plain JavaScript on purpose: it
// runs before anything is installed, on any Node from 20 on.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';

const root = resolve(fileURLToPath(import.meta.url), '../..');

try {
  await install();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

// What tsx has compiled is kept for the next start, and the system's temp folder stays as it was.
const temp = join(root, '.local', 'tmp');
mkdirSync(temp, { recursive: true });

// The IPC channel is a lifeline: when this process dies, however it dies, main.ts sees it close and ends everything.
const main = spawn(
  join(root, 'node_modules', '.bin', 'node'),
  ['--import', 'tsx', join(root, 'local', 'main.ts'), ...process.argv.slice(2)],
  {
    cwd: root,
    env: { ...process.env, TMPDIR: temp },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  },
);
// main.ts decides when it is over; it takes a signal that a terminal has sent to both of us only once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => main.kill(signal));
// npm runs us by a shell, and a signal to npm ends that shell without a word to us: we see only that our parent is gone.
const parent = process.ppid;
if (process.env.npm_lifecycle_event !== undefined)
  setInterval(() => {
    if (process.ppid !== parent) main.kill('SIGTERM');
  }, 250).unref();
main.on('error', (error) => {
  console.error(`Cannot start: ${error.message}`);
  process.exitCode = 1;
});
main.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
