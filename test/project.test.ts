import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('the lockfile', () => {
  it('holds every optional package of every platform: without one of them npm ci refuses it', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const names = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
    const wanted = Object.values(packages).flatMap((each) => Object.keys(each.optionalDependencies ?? {}));
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });

  it('names no registry: whoever installs takes their own', () => {
    expect(readFileSync('package-lock.json', 'utf8')).not.toContain('"resolved"');
  });
});

describe('the tests', () => {
  /** Files that compare a time with an upper bound, and why a slow machine cannot break the comparison. */
  const TIME_BOUNDS: Readonly<Record<string, string>> = {
    'test/core/retry-schedule.test.ts': 'pure arithmetic',
    'test/integration/faults-receivers.test.ts': 'the bound is the time at which the result was seen',
    'test/integration/webhooks.test.ts': 'the bound is the time at which the result was seen',
    'test/lib/deliver-machine.test.ts': 'timeouts of a state machine, added up',
    'test/lib/recover-machine.test.ts': 'timeouts of a state machine, added up',
    'test/lib/redeliver-machine.test.ts': 'timeouts of a state machine, added up',
    'test/proof/faults/dns.test.ts': 'ten times what is expected',
    'test/proof/faults/hanging.test.ts': 'the clock of the simulated deployment',
    'test/proof/receivers/receivers.test.ts': 'ten times what is expected',
    'test/store/table.test.ts': 'constants',
  };
  const TIME_BOUND =
    /toBeLess.*(?:ms|seconds|hour)\b|\b(?:took|elapsed|longest|lag|p99|max|nextMs|seconds)\w*(?:\(\w+\))?\)\.toBeLess/i;
  const files = filesBelow('test').filter((file) => file !== 'test/project.test.ts');

  it('have no upper bound in real time that a slow machine breaks', () => {
    const found = files.filter((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .some((line) => TIME_BOUND.test(line)),
    );
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((file) => TIME_BOUNDS[file] === undefined)).toEqual([]);
  });

  it('have no timeout of less than a minute', () => {
    const timeouts = files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\b(?:timeout|testTimeout|hookTimeout): ([\d_]+)/g)].map(
        ([, ms = '']) => [file, Number(ms.replaceAll('_', ''))] as const,
      ),
    );
    expect(timeouts.length).toBeGreaterThan(0);
    expect(timeouts.filter(([, ms]) => ms < 60_000)).toEqual([]);
  });
});

describe('the sources', () => {
  it('of the functions load the small zod, as a namespace that the bundler can take apart', () => {
    const importers = filesBelow('lambdas').filter((file) => /from 'zod/.test(readFileSync(file, 'utf8')));
    expect(importers.length).toBeGreaterThan(0);
    for (const file of importers) {
      expect(readFileSync(file, 'utf8')).toMatch(/^import (?:type )?\* as z from 'zod\/mini';$/m);
    }
  });

  it('keep the core free of AWS, clock, chance and environment', () => {
    for (const file of filesBelow('lambdas/core')) {
      const source = readFileSync(file, 'utf8');
      expect(source).not.toMatch(/@aws-sdk|process\.env|Date\.now|Math\.random|import .*randomBytes/);
    }
  });

  it('keep each Lambda entry within 60 lines', () => {
    for (const file of filesBelow('lambdas/handlers')) {
      expect(readFileSync(file, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(60);
    }
  });
});
