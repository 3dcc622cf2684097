/** The CDK app of the npm package builds the template of the clone, also beside a cdk.json of another app. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DEPLOY_VARIABLE, type DeployValues } from '../../admin/deploy.ts';
import cdkJson from '../../cdk.json' with { type: 'json' };

const folder = mkdtempSync(join(tmpdir(), 'ivymail-app-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The context that the CDK reads from a cdk.json of another app: a name of that app, and other flags. */
const FOREIGN = { stage: 'x', retentionDays: 7, '@aws-cdk/aws-iam:minimizePolicies': false };

/** Runs an app as the CDK does. Returns its only template and the name of the stack. */
function synth(app: string, context: object, deploy?: DeployValues): { stack: string; template: unknown } {
  const output = mkdtempSync(join(folder, 'out-'));
  execFileSync(resolve('node_modules/.bin/tsx'), [resolve(app)], {
    env: {
      PATH: process.env['PATH'],
      CDK_OUTDIR: output,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      CDK_VALIDATION: 'false',
      ...(deploy && { [DEPLOY_VARIABLE]: JSON.stringify(deploy) }),
    },
    stdio: 'pipe',
  });
  const read = (name: string): unknown => JSON.parse(readFileSync(join(output, name), 'utf8')) as unknown;
  const { artifacts } = read('manifest.json') as {
    artifacts: Record<string, { type: string; properties: { templateFile: string; stackName?: string } }>;
  };
  const [[id, { properties }] = ['', { properties: { templateFile: '' } }], ...others] = Object.entries(
    artifacts,
  ).filter(([, { type }]) => type === 'aws:cloudformation:stack');
  expect(others).toEqual([]);
  return {
    stack: ('stackName' in properties ? properties.stackName : undefined) ?? id,
    template: read(properties.templateFile),
  };
}

const ofClone = synth('bin/ivymail-events.ts', cdkJson.context);

describe('the CDK app of the npm package', () => {
  it('builds the template of the clone in a folder without a cdk.json', () => {
    expect(synth('bin/packaged-app.ts', {})).toEqual(ofClone);
    expect(ofClone.stack).toBe('IvyMailEvents');
  });

  it('ignores the context of another app if deploy names the options', () => {
    const deploy = { stack: 'IvyMailEvents', context: {} };
    expect(synth('bin/packaged-app.ts', FOREIGN, deploy)).toEqual(ofClone);
  });

  it('gives the stack the name of deploy', () => {
    expect(synth('bin/packaged-app.ts', {}, { stack: 'Shop', context: {} }).stack).toBe('Shop');
  });

  it('uses the options of deploy', () => {
    const { template } = synth('bin/packaged-app.ts', FOREIGN, {
      stack: 'IvyMailEvents',
      context: { retentionDays: '30', throttle: '{"burst":7}' },
    });
    const expected = synth('bin/ivymail-events.ts', {
      ...cdkJson.context,
      retentionDays: '30',
      throttle: '{"burst":7}',
    });
    expect(template).toEqual(expected.template);
    expect(template).not.toEqual(ofClone.template);
  });

  it.each([
    ['deploy', {}, { stack: 'Shop', context: { retntionDays: '30' } }],
    ['the CDK', { retntionDays: '30' }, undefined],
  ])('refuses an unknown option of %s by its name', (_from, context, deploy) => {
    expect(() => synth('bin/packaged-app.ts', context, deploy)).toThrow('retntionDays');
  });
});
