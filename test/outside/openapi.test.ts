import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENTS, installedClients, runInstalled } from './installed.ts';

const DOCUMENT = resolve('docs/site/openapi.json');

let scratch = '';
beforeAll(async () => {
  scratch = mkdtempSync(join(await installedClients(), 'lint-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Problem {
  readonly rule: string;
  readonly message: string;
}

/** Every problem of any severity that the recommended rules of Redocly find. */
async function redocly(file: string): Promise<readonly Problem[]> {
  const config = join(CLIENTS, 'redocly.yaml');
  // The exit status is 0 after a warning, and 1 after an error: the list of problems counts.
  const output = await runInstalled('redocly', ['lint', file, '--config', config, '--format', 'json']).catch(
    (error: Error) => error.message,
  );
  const json = /^\{.*\n\}/ms.exec(output)?.[0] ?? '';
  const { problems } = JSON.parse(json) as { problems: readonly { ruleId: string; message: string }[] };
  return problems.map(({ ruleId: rule, message }) => ({ rule, message }));
}

/** Every problem of any severity that the `spectral:oas` rules find. */
async function spectral(file: string): Promise<readonly Problem[]> {
  const output = join(scratch, 'spectral.json');
  const ruleset = join(CLIENTS, 'spectral.yaml');
  await runInstalled('spectral', [
    'lint',
    file,
    '--ruleset',
    ruleset,
    '--format',
    'json',
    '--output',
    output,
  ]).catch(() => undefined);
  const problems = JSON.parse(readFileSync(output, 'utf8')) as readonly { code: string; message: string }[];
  return problems.map(({ code: rule, message }) => ({ rule, message }));
}

/** Writes the document with an error in it, to show that the linter finds errors. */
function withError(change: (document: Record<string, Record<string, unknown>>) => void): string {
  const document = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as Record<string, Record<string, unknown>>;
  change(document);
  const file = join(scratch, 'with-error.json');
  writeFileSync(file, JSON.stringify(document));
  return file;
}

describe('docs/site/openapi.json', () => {
  it('has no error and no warning by the recommended rules of Redocly', async () => {
    expect(await redocly(DOCUMENT)).toEqual([]);
  });

  it('has no error and no warning by the spectral:oas rules', async () => {
    expect(await spectral(DOCUMENT)).toEqual([]);
  });
});

describe('an error in the document', () => {
  it('is found by Redocly', async () => {
    const file = withError(({ info }) => delete info?.['license']);
    expect((await redocly(file)).map(({ rule }) => rule)).toEqual(['info-license']);
  });

  it('is found by Spectral', async () => {
    const file = withError(({ info }) => delete info?.['contact']);
    expect((await spectral(file)).map(({ rule }) => rule)).toEqual(['info-contact']);
  });
});
