/** The license notices of the packages whose code is part of the npm package. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { PROJECT_ROOT } from '../build/project-root.ts';
import { packagesIn } from './packages-in.ts';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly author?: string | { readonly name: string };
}

const LICENSE_FILE = /^(?:licen[cs]e|notice|copying)/i;

/** The license and notice files of a package. */
function licenseTextsOf(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => LICENSE_FILE.test(name))
    .toSorted()
    .map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim());
}

/** The terms of the MIT license, without a name. This project has the same license. */
function mitTerms(): string {
  const own = readFileSync(`${PROJECT_ROOT}LICENSE`, 'utf8');
  return own.slice(own.indexOf('Permission is hereby granted')).trim();
}

/** The notice of a package that contains no license text. MIT requires the name and the terms. The others here require neither. */
function missingText({ name, license, author }: Manifest): string {
  const holder = (typeof author === 'string' ? author : author?.name) ?? `the authors of ${name}`;
  if (license === 'MIT') return `Copyright (c) ${holder}\n\n${mitTerms()}`;
  return `The package contains no license text. Its license is ${license}, by ${holder}.`;
}

interface Notice {
  readonly heading: string;
  readonly text: string;
}

function noticeOf(path: string): Notice {
  const folder = join(PROJECT_ROOT, path);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const texts = licenseTextsOf(folder);
  return {
    heading: `${manifest.name} ${manifest.version} (${manifest.license})`,
    text: texts.length > 0 ? texts.join('\n\n') : missingText(manifest),
  };
}

/** Lists every bundled package with its license. Packages with the same license text share it. */
export function buildNotices(metafiles: readonly Metafile[]): string {
  const paths = [...new Set(metafiles.flatMap((each) => [...packagesIn(each)]))].toSorted();
  const byText = Map.groupBy(paths.map(noticeOf), ({ text }) => text);
  const sections = [...byText].map(
    ([text, notices]) => `${notices.map(({ heading }) => heading).join('\n')}\n\n${text}`,
  );
  const line = '-'.repeat(72);
  return `This package contains code of the packages below, under their licenses.\n\n${sections
    .map((section) => `${line}\n${section}\n`)
    .join('\n')}`;
}
