import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProcesses, type Command } from '../../local/processes.ts';
import { isProcessAlive } from '../../admin/stack-file.ts';
import { until } from '../time.ts';

const crashes: Error[] = [];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'processes-'));
});
afterEach(() => {
  crashes.length = 0;
  rmSync(folder, { recursive: true });
});
const start = () => createProcesses((error) => crashes.push(error));

function node(script: string): Command {
  return {
    name: 'the program',
    file: process.execPath,
    args: ['-e', script],
    cwd: process.cwd(),
    env: { PATH: process.env['PATH'] ?? '' },
  };
}

/** A script that starts a child process that would outlive it, and writes both process ids to a file. */
function withChild(file: string): string {
  return `
    const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    require('node:fs').writeFileSync(${JSON.stringify(file)}, process.pid + ' ' + child.pid + '.');`;
}

/** Waits for the ids of the program and of its child process in the file. */
function processIds(file: string): Promise<readonly number[]> {
  return until('the ids of the processes', () => {
    const ids = existsSync(file) ? readFileSync(file, 'utf8') : '';
    return ids.endsWith('.') ? ids.split(' ').map(parseFloat) : undefined;
  });
}

describe('a program', () => {
  it('that fails rejects with its name and its last output', async () => {
    const processes = start();
    const failing = processes.run(node('console.error("no such stack"); process.exit(3)'));
    await expect(failing).rejects.toThrow(/the program ended with 3:\nno such stack/);
  });

  it('that does not exist rejects with its name', async () => {
    const processes = start();
    await expect(processes.run({ ...node(''), file: 'no-such-program' })).rejects.toThrow(
      /the program cannot be started/,
    );
  });

  it('that must stay counts as crashed if it ends, but not if stopAll ends it', async () => {
    const processes = start();
    processes.startService(node('console.log("out of memory"); process.exit(1)'));
    await until('a crash', () => crashes[0]);
    expect(crashes[0]?.message).toContain('out of memory');

    const others = start();
    others.startService(node('setInterval(() => {}, 1000)'));
    await others.stopAll();
    expect(crashes).toHaveLength(1);
  });
});

describe('stopAll', () => {
  it('ends a program and its child processes, and rejects a pending run', async () => {
    const processes = start();
    const file = join(folder, 'pids');
    const running = processes.run(
      node(`process.on('SIGTERM', () => process.exit(7)); ${withChild(file)} setInterval(() => {}, 1000)`),
    );
    const failed = running.catch((error: unknown) => String(error));
    const pids = await processIds(file);

    await processes.stopAll();

    expect(await failed).toContain('ended with 7');
    await until('both processes to end', () => pids.every((pid) => !isProcessAlive(pid)) || undefined);
    expect(() => processes.startService(node(''))).toThrow(/the run is ending/);
  });

  it('kills a program that ignores SIGTERM', async () => {
    const processes = createProcesses(() => {}, 50);
    const file = join(folder, 'pids');
    const running = processes.run(
      node(`process.on('SIGTERM', () => {}); ${withChild(file)} setInterval(() => {}, 1000)`),
    );
    const failed = running.catch((error: unknown) => String(error));
    await processIds(file);
    await processes.stopAll();
    expect(await failed).toContain('a signal');
  });
});
