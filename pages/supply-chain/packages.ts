/** The packages of the lockfile, and the packages in the deployed bundles. */
import { readFileSync } from 'node:fs';
import { buildSync, type BuildOptions } from 'esbuild';
import { BUNDLE_OPTIONS, HANDLERS } from '../../build/functions.ts';
import { DASHBOARD_BUILD_OPTIONS } from '../../build/dashboard.ts';
import { PACKAGE_BUNDLES } from '../../package/bundles.ts';
import { packagesIn } from '../../package/packages-in.ts';
import { LICENSE_EXCEPTIONS, PERMISSIVE } from './reasons.ts';

export interface Package {
  readonly version: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly dev?: boolean;
  /** Part of the archive of another package. The hash of that archive covers it. */
  readonly inBundle?: boolean;
}

export interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

const MODULES = 'node_modules/';

export const MANIFEST = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

/** Packages by their path. Two versions of one package have two paths. */
export const LOCKED: ReadonlyMap<string, Package> = new Map(
  Object.entries(
    (JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Package> }).packages,
  ).filter(([path]) => path !== ''),
);

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf(MODULES) + MODULES.length);
}

export function lockedAt(path: string): Package {
  const found = LOCKED.get(path);
  if (!found) throw new Error(`${path} is not in the lockfile`);
  return found;
}

/** Whether an SPDX expression is allowed: one side of an OR is enough, and both sides of an AND are needed. */
export function isAllowed(name: string, license = 'none'): boolean {
  if (LICENSE_EXCEPTIONS.some((each) => each.names.test(name) && each.license === license)) return true;
  return license
    .replaceAll(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((each) => PERMISSIVE.has(each)));
}

/** The packages of each deployed bundle: of each function, and of the dashboard. */
export function deployedBundles(): ReadonlyMap<string, ReadonlySet<string>> {
  const functions = HANDLERS.map((handler) => {
    const { metafile } = buildSync({
      ...BUNDLE_OPTIONS,
      entryPoints: [`lambdas/handlers/${handler}.ts`],
      outdir: 'out',
      write: false,
      metafile: true,
    });
    return [handler, packagesIn(metafile)] as const;
  });
  return new Map([...functions, ['dashboard', packagesIn(buildSync(DASHBOARD_BUILD_OPTIONS).metafile)]]);
}

/** The packages of each other bundle of the npm package: of the construct, the CDK app, the webhook module and the command. */
export function toolBundles(): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    Object.entries<BuildOptions>(PACKAGE_BUNDLES).map(([name, options]) => [
      name,
      packagesIn(buildSync({ ...options, write: false, metafile: true }).metafile),
    ]),
  );
}

/** The path at which npm resolves a dependency of the package at `from`: below it, or in a folder above. */
function resolved(from: string, name: string): string | undefined {
  for (let folder = `${from}/`; ; folder = folder.slice(0, folder.lastIndexOf(MODULES, folder.length - 2))) {
    const path = `${folder}${MODULES}${name}`;
    if (LOCKED.has(path)) return path;
    if (folder === '') return undefined;
  }
}

/** Which of the packages `names` of package.json depend on the package at `path`, directly or indirectly. */
export function broughtBy(path: string, names: readonly string[]): readonly string[] {
  return names.filter((name) => reaches(`${MODULES}${name}`, path)).toSorted();
}

function reaches(from: string, to: string): boolean {
  const seen = new Set<string>();
  const visit = (path: string): boolean => {
    if (path === to) return true;
    if (seen.has(path)) return false;
    seen.add(path);
    return Object.keys(LOCKED.get(path)?.dependencies ?? {}).some((name) => {
      const next = resolved(path, name);
      return next !== undefined && visit(next);
    });
  };
  return visit(from);
}
