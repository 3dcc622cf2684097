import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type IStackSynthesizer } from 'aws-cdk-lib';
import { IvyMailStack } from '../lib/ivymail-stack.ts';
import { optionsFromContext } from '../lib/options.ts';
import { IvyMailTemplateStack } from '../lib/template-stack.ts';
import { readFolder, writeFile, writeFolder, type FolderContents } from './folder.ts';
import { buildFunctions } from './functions.ts';
import { PROJECT_ROOT } from './project-root.ts';
import { TemplateSynthesizer } from './template-synthesizer.ts';

const DESCRIPTION =
  'IvyMail Events: records every outcome of every SES email and sends it as a signed webhook';

/** Synthesizes a stack with the context of cdk.json, and returns its template as JSON. */
function synthesize(
  createStack: (app: App, synthesizer: IStackSynthesizer) => { readonly artifactId: string },
): Uint8Array {
  buildFunctions();
  const { context } = JSON.parse(readFileSync(`${PROJECT_ROOT}cdk.json`, 'utf8')) as {
    context: Record<string, unknown>;
  };
  const outdir = mkdtempSync(join(tmpdir(), 'ivymail-synth-'));
  try {
    const app = new App({
      outdir,
      analyticsReporting: false,
      context: { ...context, 'aws:cdk:disable-asset-staging': true },
    });
    const { artifactId } = createStack(app, new TemplateSynthesizer() as IStackSynthesizer);
    const { template } = app.synth().getStackArtifact(artifactId);
    return Buffer.from(`${JSON.stringify(template, null, 1)}\n`);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

const DIST = `${PROJECT_ROOT}dist`;
/** The files beside the template for people without the CDK. */
const FOLDER = `${PROJECT_ROOT}build/template`;

function localTemplate(): Uint8Array {
  return synthesize(
    (app, synthesizer) =>
      new IvyMailStack(app, 'IvyMailEvents', {
        synthesizer,
        // The local run has few concurrent executions, as a new account (local/concurrency.ts).
        options: { consumerConcurrency: 2, ...optionsFromContext(app.node), allowInsecureEndpoints: true },
      }),
  );
}

function deploymentTemplate(): Uint8Array {
  return synthesize(
    (app, synthesizer) =>
      new IvyMailTemplateStack(app, 'IvyMailEvents', { synthesizer, description: DESCRIPTION }),
  );
}

/**
 * Builds dist/templates/local.json: the stack of a deployment, with the options for a machine that runs everything. The local run changes
 * the template further (local/local-template.ts). Every start of a clone builds it, so it is the only template that is built here.
 */
export function buildLocalTemplate(): void {
  writeFile(`${DIST}/templates/local.json`, localTemplate());
}

/** Builds dist/templates/: the template of the local run, and the files that the command `template` copies. */
export function buildTemplates(): FolderContents {
  const files = new Map([
    ['local.json', localTemplate()],
    ['template.json', deploymentTemplate()],
    ...readFolder(FOLDER),
  ]);
  writeFolder(`${DIST}/templates`, files);
  return files;
}
