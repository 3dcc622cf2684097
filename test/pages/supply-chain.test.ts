import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  deployedBundles,
  isAllowed,
  LOCKED,
  lockedAt,
  MANIFEST,
  nameOf,
  toolBundles,
} from '../../pages/supply-chain/packages.ts';
import { ADVISORIES, LICENSE_EXCEPTIONS, REASONS, SCRIPT_REASONS } from '../../pages/supply-chain/reasons.ts';

const packages = [...LOCKED];

describe('every package', () => {
  it('is locked to a hash of its content, or is part of an archive that is', () => {
    const loose = packages.filter(([path, { integrity, inBundle }]) => {
      const holder = path.slice(0, path.lastIndexOf('/node_modules/'));
      const hash = inBundle ? LOCKED.get(holder)?.integrity : integrity;
      return !/^sha512-[\w+/]{86}==$/.test(hash ?? '');
    });
    expect(packages.length).toBeGreaterThan(100);
    expect(loose.map(([path]) => path)).toEqual([]);
  });

  it('has a license that only requires its text, or is a development tool with a reason', () => {
    const other = packages.filter(([path, { license }]) => !isAllowed(nameOf(path), license));
    expect(other.map(([path, { license }]) => `${nameOf(path)}: ${license}`)).toEqual([]);
  });

  it('has a license exception only if it needs one and no bundle contains it', () => {
    const bundled = new Set(
      [...deployedBundles().values(), ...toolBundles().values()].flatMap((each) => [...each]),
    );
    for (const { names, license: expected } of LICENSE_EXCEPTIONS) {
      const excused = packages.filter(([path]) => names.test(nameOf(path)));
      expect(excused.length).toBeGreaterThan(0);
      expect(excused.filter(([path, { license }]) => bundled.has(path) || license !== expected)).toEqual([]);
    }
  });

  it('runs an install script only if package.json allows it, and package.json allows no other', () => {
    const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript);
    const names = scripted.map(([path]) => nameOf(path));
    expect(new Set(names)).toEqual(new Set(Object.keys(MANIFEST.allowScripts)));
    expect(new Set(names)).toEqual(new Set(Object.keys(SCRIPT_REASONS)));
  });

  it('of package.json has a reason, and every reason belongs to a package of package.json', () => {
    const named = Object.keys(MANIFEST.devDependencies);
    expect(new Set(Object.keys(REASONS))).toEqual(new Set(named));
  });
});

describe('a license', () => {
  it('is allowed if its expression allows it: any part of an OR, every part of an AND', () => {
    expect(isAllowed('a', '(MIT OR GPL-3.0-or-later)')).toBe(true);
    expect(isAllowed('a', 'MIT AND GPL-3.0-or-later')).toBe(false);
    expect(isAllowed('a', 'GPL-3.0-or-later')).toBe(false);
    expect(isAllowed('a')).toBe(false);
    expect(isAllowed('axe-core', 'MPL-2.0')).toBe(true);
    expect(isAllowed('axe-corelike', 'MPL-2.0')).toBe(false);
  });
});

interface Component {
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly licenses?: readonly unknown[];
}

describe('the deployed packages', () => {
  let deployed: ReadonlySet<string>;
  beforeAll(() => {
    deployed = new Set([...deployedBundles().values()].flatMap((paths) => [...paths]));
  }, 60_000);

  it('are installed with no other package, because the npm package has no dependencies', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Readonly<Record<string, unknown>>;
    expect(manifest['dependencies']).toBeUndefined();
    expect(manifest['optionalDependencies']).toBeUndefined();
    expect(Object.keys(manifest['peerDependencies'] as object).toSorted()).toEqual([
      'aws-cdk-lib',
      'constructs',
    ]);
  });

  it('are in the bill of materials, each with its version and license', () => {
    const sbom = JSON.parse(
      execFileSync('npm', ['run', '--silent', 'sbom'], { encoding: 'utf8', maxBuffer: 64 << 20 }),
    ) as { readonly bomFormat: string; readonly components: readonly Component[] };
    expect(sbom.bomFormat).toBe('CycloneDX');
    const listed = sbom.components.map(({ name, group, version }) =>
      group === undefined || name.startsWith('@') ? `${name} ${version}` : `${group}/${name} ${version}`,
    );
    const wanted = [...deployed].map((path) => `${nameOf(path)} ${lockedAt(path).version}`);
    expect(wanted.filter((each) => !listed.includes(each))).toEqual([]);
    expect(sbom.components.filter(({ licenses = [] }) => licenses.length === 0)).toEqual([]);
  });
});

it('npm audit reports no advisory that is not explained', ({ skip }) => {
  const { stdout } = spawnSync('npm', ['audit', '--json', '--fetch-retries=0', '--fetch-timeout=20000'], {
    encoding: 'utf8',
  });
  const report = JSON.parse(stdout || '{}') as {
    readonly message?: string;
    readonly vulnerabilities?: Readonly<Record<string, { readonly via: readonly unknown[] }>>;
  };
  skip(
    report.vulnerabilities === undefined,
    `the registry does not support npm audit: ${report.message ?? 'no message'}`,
  );
  const advisories = Object.values(report.vulnerabilities ?? {}).flatMap(({ via }) =>
    via.flatMap((each) => (typeof each === 'object' && each !== null && 'url' in each ? [each.url] : [])),
  );
  expect(new Set(advisories)).toEqual(new Set(Object.keys(ADVISORIES)));
});

const REQUIREMENTS = [
  'local/requirements.txt',
  'local/node-requirements.txt',
  'test/contract/requirements.txt',
  'test/runbook/requirements.txt',
  'test/verify/requirements.txt',
  'test/outside/cfn-lint/requirements.txt',
  'test/outside/clients/requirements.txt',
  'test/outside/receivers/requirements.txt',
];

describe('the Python requirements', () => {
  it.each(REQUIREMENTS)('are pinned to a version and a hash on every line: %s', (file) => {
    const lines = readFileSync(file, 'utf8')
      .replaceAll('\\\n', ' ')
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('#') && !/^\s+# via/.test(line));
    expect(lines.length).toBeGreaterThan(0);
    const pinned = /^[\w.[\]-]+==[\w.]+(?: ;[^#]*?)?(?:\s+--hash=sha256:[0-9a-f]{64})+\s*(?:#.*)?$/;
    expect(lines.filter((line) => !pinned.test(line))).toEqual([]);
  });
});

it('docs/generated/supply-chain.md is current: run npm run supply-chain', () => {
  const page = execFileSync('npm', ['run', '--silent', 'supply-chain', '--', '--print'], {
    encoding: 'utf8',
  });
  expect(page).toContain('## What is deployed');
  expect(
    readFileSync('docs/generated/supply-chain.md', 'utf8') === page,
    'docs/generated/supply-chain.md is out of date',
  ).toBe(true);
});
