import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, IS_CLONE } from '../build/dist.ts';
import { zipFunctions } from '../build/zip.ts';
import { UsageError } from '../cli/usage-error.ts';
import type { CommandOutput } from './output.ts';

/** The files of dist/templates/ that are copied, in the order in which a person uses them. */
const FILES = ['README.md', 'deploy.sh', 'template.json'];
const SCRIPT_MODE = 0o755;

/**
 * Writes the template folder: template.json, the zip file of each function in assets/, deploy.sh and a README. Needs neither AWS nor
 * the CDK. Throws a UsageError if the folder contains files, because assets of another version would remain in it.
 */
export function writeTemplateFolder(out: string): CommandOutput {
  if (existsSync(out) && readdirSync(out).length > 0)
    throw new UsageError(`${out} is not empty. Name a folder that is empty or does not exist`);
  const templates = join(DIST, 'templates');
  if (!existsSync(join(templates, 'template.json')))
    throw new Error(`The template is not built. ${howToBuild()}`);
  const assets = zipFunctions(join(DIST, 'functions'));
  const template = readFileSync(join(templates, 'template.json'), 'utf8');
  const missing = (template.match(/[0-9a-f]{64}\.zip/g) ?? []).filter((key) => !assets.has(key));
  if (missing.length > 0)
    throw new Error(`The template and the functions are of different versions. ${howToBuild()}`);

  mkdirSync(join(out, 'assets'), { recursive: true });
  for (const file of FILES) writeFileSync(join(out, file), readFileSync(join(templates, file)));
  chmodSync(join(out, 'deploy.sh'), SCRIPT_MODE);
  for (const [key, zip] of assets) writeFileSync(join(out, 'assets', key), zip);
  return {
    result: { folder: out, files: [...FILES, ...[...assets.keys()].map((key) => `assets/${key}`)] },
    text: `${out} contains the template, its assets and deploy.sh. It needs a bucket in the region of the stack:\n\n  ${join(out, 'deploy.sh')} --bucket BUCKET\n\nFor all parameters: ${join(out, 'README.md')}`,
  };
}

function howToBuild(): string {
  return IS_CLONE ? 'Run: npm run build' : 'Install the package again';
}
