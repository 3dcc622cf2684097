import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

const LOCKFILES = [
  'package-lock.json',
  'test/outside/clients/package-lock.json',
  'test/outside/oldest-cdk/package-lock.json',
  'test/outside/receivers/package-lock.json',
];

describe.each(LOCKFILES)('the lockfile %s', (lockfile) => {
  const text = readFileSync(lockfile, 'utf8');
  const { packages } = JSON.parse(text) as {
    packages: Record<
      string,
      { optionalDependencies?: Record<string, string>; integrity?: string; inBundle?: true }
    >;
  };

  it('contains every optional package of every platform, because npm ci refuses a lockfile without one', () => {
    const names = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
    const optional = Object.values(packages).flatMap((each) => Object.keys(each.optionalDependencies ?? {}));
    expect(optional.filter((name) => !names.has(name))).toEqual([]);
  });

  it('names no registry, so that each installation uses its own', () => {
    expect(text).not.toContain('"resolved"');
  });

  it('contains the hash of every package', () => {
    const unlocked = Object.entries(packages).filter(
      ([path, { integrity = '', inBundle }]) =>
        path !== '' && inBundle !== true && !/^sha512-[\w+/]{86}==$/.test(integrity),
    );
    expect(unlocked.map(([path]) => path)).toEqual([]);
  });
});

describe('the sources', () => {
  it('of the functions import zod/mini as a namespace, so that the bundler removes unused parts', () => {
    const importers = filesBelow('lambdas').filter((file) => /from 'zod/.test(readFileSync(file, 'utf8')));
    expect(importers.length).toBeGreaterThan(0);
    for (const file of importers) {
      expect(readFileSync(file, 'utf8')).toMatch(/^import (?:type )?\* as z from 'zod\/mini';$/m);
    }
  });

  it('of the functions import the JSON Schema converter only for the OpenAPI document', () => {
    const users = filesBelow('lambdas').filter((file) => readFileSync(file, 'utf8').includes('toJSONSchema'));
    expect(users).toEqual(['lambdas/api/schema-json.ts']);
    const importers = filesBelow('lambdas').filter((file) =>
      readFileSync(file, 'utf8').includes('/schema-json.ts'),
    );
    expect(importers.toSorted()).toEqual(['lambdas/api/openapi-webhooks.ts', 'lambdas/api/openapi.ts']);
    const serving = filesBelow('lambdas').filter((file) =>
      /\/openapi[-a-z]*\.ts'/.test(readFileSync(file, 'utf8')),
    );
    expect(serving).toEqual(['lambdas/api/openapi.ts']);
  });

  it('of the core use no AWS SDK, clock, randomness or environment variable', () => {
    for (const file of filesBelow('lambdas/core')) {
      const source = readFileSync(file, 'utf8');
      expect(source).not.toMatch(/@aws-sdk|process\.env|Date\.now|Math\.random|import .*randomBytes/);
    }
  });

  it('of each Lambda handler have at most 60 lines', () => {
    for (const file of filesBelow('lambdas/handlers')) {
      expect(readFileSync(file, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(60);
    }
  });
});
