import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type IStackSynthesizer } from 'aws-cdk-lib';
import { IvyMailStack } from '../lib/ivymail-stack.ts';
import { optionsFromContext } from '../lib/options.ts';
import { buildFunctions } from './functions.ts';
import { PROJECT_ROOT } from './project-root.ts';
import { TemplateSynthesizer } from './template-synthesizer.ts';

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

/** Replaces a file of dist/templates/ in one step, unless it is the same. */
function writeTemplate(name: string, contents: Uint8Array): void {
  mkdirSync(`${PROJECT_ROOT}dist/templates`, { recursive: true });
  const file = `${PROJECT_ROOT}dist/templates/${name}.json`;
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, contents);
  renameSync(draft, file);
}

/**
 * Builds dist/templates/local.json: the stack of a deployment, with the options for a machine that runs everything. The local run changes
 * the template further (local/local-template.ts).
 */
export function buildLocalTemplate(): void {
  const template = synthesize(
    (app, synthesizer) =>
      new IvyMailStack(app, 'IvyMailEvents', {
        synthesizer,
        // The local run has few concurrent executions, as a new account (local/concurrency.ts).
        options: { consumerConcurrency: 2, ...optionsFromContext(app.node), allowInsecureEndpoints: true },
      }),
  );
  writeTemplate('local', template);
}
