/** Cloud assemblies: the folder that a synth writes, with a template and the assets that the template names. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { buildFunctions } from '../../build/functions.ts';
import { zipFolder } from '../../build/zip.ts';
import { IvyMailStack } from '../../lib/ivymail-stack.ts';
import type { StackTemplate } from './releases.ts';

export const STACK_NAME = 'IvyMailEvents';

/** The files of a release: the template, its asset manifest, and one folder per asset. */
export const TEMPLATE_FILE = `${STACK_NAME}.template.json`;
const MANIFEST_FILE = `${STACK_NAME}.assets.json`;
/** The bucket that the CDK bootstrap creates. The templates name it. */
export const ASSETS_BUCKET = 'cdk-hnb659fds-assets-000000000000-us-east-1';

interface Manifest {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path: string; readonly packaging: 'zip' | 'file' };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
}

export interface Assembly {
  readonly template: StackTemplate;
  /** The zipped code of each function, by its key in the assets bucket. */
  readonly assets: ReadonlyMap<string, Uint8Array>;
}

/** Writes the assembly of the default stack of the current commit into a folder, as `npx cdk synth` does. */
export function synthesizeCurrent(folder: string): void {
  buildFunctions();
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };
  const app = new App({ outdir: folder, context });
  // oxlint-disable-next-line no-new -- creating a construct adds it to its scope
  new IvyMailStack(app, STACK_NAME, { options: {} });
  app.synth();
}

const readManifest = (folder: string, file = MANIFEST_FILE): Manifest =>
  JSON.parse(readFileSync(join(folder, file), 'utf8')) as Manifest;

/** The names of the files and folders of an assembly that a release archive contains. */
export function releaseFiles(folder: string): readonly string[] {
  const assets = Object.values(readManifest(folder).files).flatMap(({ source }) =>
    source.packaging === 'zip' ? [source.path] : [],
  );
  return [TEMPLATE_FILE, MANIFEST_FILE, ...assets];
}

/** Reads the template and the assets of one stack. */
export function readAssembly(folder: string, stack = STACK_NAME): Assembly {
  const template = JSON.parse(readFileSync(join(folder, `${stack}.template.json`), 'utf8')) as StackTemplate;
  const assets = Object.values(readManifest(folder, `${stack}.assets.json`).files).flatMap(
    ({ source, destinations }) =>
      source.packaging === 'file'
        ? []
        : Object.values(destinations).map(
            ({ objectKey }) => [objectKey, zipFolder(join(folder, source.path))] as const,
          ),
  );
  return { template, assets: new Map(assets) };
}
