// `npm start`: installs missing packages, then runs main.ts with the Node version of package.json. Plain JavaScript, because
// it runs before anything is installed, on any Node from version 20.
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

// This temp folder keeps the files that tsx compiles for the next start, and nothing is left in the system's temp folder.
const temp = join(root, '.local', 'tmp');
mkdirSync(temp, { recursive: true });

// When this process ends for any reason, the IPC channel closes. main.ts then stops the local run.
const main = spawn(
  join(root, 'node_modules', '.bin', 'node'),
  ['--import', 'tsx', join(root, 'local', 'main.ts'), ...process.argv.slice(2)],
  {
    cwd: root,
    env: { ...process.env, TMPDIR: temp },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  },
);
// main.ts decides when the run ends. A terminal sends a signal to both processes, and main.ts handles it only once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => main.kill(signal));
// npm starts this process through a shell. A signal to npm ends the shell but does not reach this process, so it checks whether
// its parent has changed.
const parent = process.ppid;
if (process.env.npm_lifecycle_event !== undefined)
  setInterval(() => {
    if (process.ppid !== parent) main.kill('SIGTERM');
  }, 250).unref();
main.on('error', (error) => {
  console.error(`npm start failed: ${error.message}`);
  process.exitCode = 1;
});
main.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
