import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunFolder, removeLeftovers } from '../../local/run-folder.ts';

let state: string;
beforeEach(() => {
  state = join(mkdtempSync(join(tmpdir(), 'run-folder-')), 'state');
});
afterEach(() => rmSync(join(state, '..'), { recursive: true }));

/** The id of a process that has ended. No other process has the id yet. */
const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid;

describe('the folder of a run', () => {
  it('is created in a folder that git ignores, with a temp folder for CommonJS workers', () => {
    const folder = createRunFolder(state);
    expect(readFileSync(join(state, '.gitignore'), 'utf8')).toBe('*\n');
    expect(readdirSync(folder).toSorted()).toEqual(['package.json', 'tmp']);
    expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).toEqual({ type: 'commonjs' });
  });

  it('stays while its process lives, and is removed by the next run after the process was killed', () => {
    const live = createRunFolder(state);
    const killed = join(state, `run-${deadPid()}-abc`);
    mkdirSync(killed);
    const next = createRunFolder(state);
    expect([live, killed, next].map((each) => existsSync(each))).toEqual([true, false, true]);
  });
});

describe('removeLeftovers', () => {
  it('removes the drafts of dead processes, and no environment', () => {
    const names = ['venv', 'node', `draft-${deadPid()}-venv`, `draft-${process.pid}-node`];
    for (const name of names) mkdirSync(join(state, name), { recursive: true });
    removeLeftovers(state);
    expect(readdirSync(state).toSorted()).toEqual([`draft-${process.pid}-node`, 'node', 'venv']);
  });

  it('accepts a folder that does not exist', () => {
    expect(() => removeLeftovers(join(state, 'missing'))).not.toThrow();
  });
});
