import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Package {
  readonly version: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly link?: boolean;
  /** Inside the archive of another, whose hash covers it. */
  readonly inBundle?: boolean;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
};
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  readonly packages: Readonly<Record<string, Package>>;
};
const installed = Object.entries(packages).filter(([path]) => path !== '');

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** Of licences that ask for nothing but their text. */
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
]);

/** Others, for which there is a reason. Both are tools: nothing of them is deployed. */
const ALLOWED_TOOLS: Readonly<Record<string, string>> = {
  'axe-core': 'MPL-2.0',
  lightningcss: 'MPL-2.0',
};

describe('every package', () => {
  it('is locked to a hash of its content', () => {
    const loose = installed.filter(
      ([, each]) => !each.link && !each.inBundle && !each.integrity?.startsWith('sha512-'),
    );
    expect(loose.map(([path]) => path)).toEqual([]);
  });

  it('has a licence that asks for nothing but its text, or is a tool with a reason', () => {
    const other = installed.filter(([path, { license = 'none' }]) => {
      const choices = license.replaceAll(/[()]/g, '').split(/ (?:OR|AND) /);
      const tool = Object.entries(ALLOWED_TOOLS).some(
        ([name, its]) => nameOf(path).startsWith(name) && its === license,
      );
      return (
        !choices.every((choice) => PERMISSIVE.has(choice)) &&
        !choices.some((choice) => PERMISSIVE.has(choice)) &&
        !tool
      );
    });
    expect(other.map(([path, { license }]) => `${nameOf(path)}: ${license}`)).toEqual([]);
  });

  it('runs a script when it is installed only if package.json names it', () => {
    const scripted = new Set(
      installed.filter(([, each]) => each.hasInstallScript).map(([path]) => nameOf(path)),
    );
    const unnamed = [...scripted].filter((name) => manifest.allowScripts[name] === undefined);
    // An optional package of another system: it is never installed by the ones that run here, and named by npm's list.
    expect(unnamed.filter((name) => name !== 'fsevents')).toEqual([]);
  });
});

describe('the bill of materials', () => {
  it('is one command, and names every dependency with its licence', () => {
    const sbom = JSON.parse(
      execFileSync('npm', ['run', '--silent', 'sbom'], {
        encoding: 'utf8',
        maxBuffer: 64 << 20,
      }),
    ) as {
      bomFormat: string;
      components: readonly { name: string; group?: string; licenses?: readonly unknown[] }[];
    };
    const named = sbom.components.map(({ name, group }) =>
      group === undefined || name.startsWith('@') ? name : `${group}/${name}`,
    );
    expect(sbom.bomFormat).toBe('CycloneDX');
    expect(Object.keys(manifest.dependencies).filter((name) => !named.includes(name))).toEqual([]);
    expect(sbom.components.filter(({ licenses = [] }) => licenses.length === 0)).toEqual([]);
  });
});

describe('what Python needs', () => {
  it.each(['local/requirements.txt', 'test/contract/requirements.txt'])('is pinned by hash: %s', (file) => {
    const lines = readFileSync(file, 'utf8').replaceAll('\\\n', ' ').split('\n');
    const wanted = lines.filter((line) => /^[A-Za-z]/.test(line));
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.filter((line) => !/^[\w.[\]-]+==\S+.*--hash=sha256:[0-9a-f]{64}/.test(line))).toEqual([]);
  });
});
