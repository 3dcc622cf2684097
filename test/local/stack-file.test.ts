import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, existsSync, readdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  publishStackFile,
  refuseSecondRun,
  removeStackFile,
  RunActive,
  type StackDescription,
} from '../../admin/stack-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stack-file-'));
  path = join(folder, '.local', 'stack.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The id of a process that has ended. No other process has the id yet. */
const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid;

function description(pid: number): StackDescription {
  return {
    base_url: 'http://127.0.0.1:4700',
    dashboard_url: 'http://127.0.0.1:1/dashboard',
    api_key: 'ivy_test_x',
    workspace_id: 'ws_x',
    inbox_url: 'http://127.0.0.1:4701',
    aws_endpoint_url: 'http://127.0.0.1:4702',
    ses_endpoint_url: 'http://127.0.0.1:4703',
    region: 'us-east-1',
    topic_arn: 'arn:aws:sns:us-east-1:000000000000:topic',
    table_name: 'table',
    configuration_set: 'set',
    from: 'you@yourdomain.example',
    pid,
  };
}

describe('a second run', () => {
  it('is refused while the first run is active, names its process and URL, and leaves the file unchanged', () => {
    publishStackFile(path, description(process.ppid));
    const before = readFileSync(path, 'utf8');

    expect(() => refuseSecondRun(path)).toThrow(RunActive);
    expect(() => refuseSecondRun(path)).toThrow(
      new RegExp(`process ${process.ppid} at http://127.0.0.1:4700`),
    );
    expect(() => publishStackFile(path, description(process.pid))).toThrow(RunActive);

    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(join(folder, '.local'))).toEqual(['stack.json']);
  });

  it('replaces the file of a run that was killed, and an unreadable file', () => {
    publishStackFile(path, description(deadPid()));
    publishStackFile(path, description(process.ppid));
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.ppid });

    writeFileSync(path, '{"base_url":');
    refuseSecondRun(path);
    expect(existsSync(path)).toBe(false);
  });
});

describe('the file', () => {
  it('contains the full description, and only its owner can read it', () => {
    publishStackFile(path, description(process.pid));
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(description(process.pid));
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('is removed only by the run that wrote it', () => {
    publishStackFile(path, description(process.pid));
    removeStackFile(path, process.ppid);
    expect(existsSync(path)).toBe(true);
    removeStackFile(path, process.pid);
    expect(existsSync(path)).toBe(false);
  });
});
