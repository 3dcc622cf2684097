/** The archives in test/fixtures/releases: what each release deployed. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';

export const RELEASES = new URL('../fixtures/releases/', import.meta.url);
const ARCHIVE = /^v(\d+\.\d+\.\d+)\.tar\.zst$/;
const MAX_BYTES = 2 ** 26;

export interface TemplateResource {
  readonly Type: string;
  /** Absent if every property has its default. */
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

/** A CloudFormation template, as far as these tests read it. */
export interface StackTemplate {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** The versions that have an archive, in the order in which they were released. */
export const RELEASED: readonly string[] = readdirSync(RELEASES)
  .flatMap((name) => ARCHIVE.exec(name)?.[1] ?? [])
  .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));

function tar(version: string, args: readonly string[]): Buffer {
  const input = zstdDecompressSync(readFileSync(new URL(`v${version}.tar.zst`, RELEASES)));
  return execFileSync('tar', [...args], { input, maxBuffer: MAX_BYTES });
}

/** The template of a release, for the default options. */
export function releaseTemplate(version: string): StackTemplate {
  return JSON.parse(tar(version, ['-xOf', '-', './IvyMailEvents.template.json']).toString()) as StackTemplate;
}

/** Writes the template of a release, its asset manifest and its assets into a folder. */
export function unpackRelease(version: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  tar(version, ['-xf', '-', '-C', folder]);
}
