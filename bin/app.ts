import { App } from 'aws-cdk-lib';
import cdkJson from '../cdk.json' with { type: 'json' };
import { DEPLOY_VARIABLE, type DeployValues } from '../admin/deploy.ts';
import { IvyMailStack } from '../lib/ivymail-stack.ts';
import { optionsFromContext } from '../lib/options.ts';

/** The feature flags of the CDK. They are part of the app, so that the template is the same in every folder. */
const FLAGS = Object.fromEntries(Object.entries(cdkJson.context).filter(([name]) => name.startsWith('@')));

/**
 * Builds the CDK app of this project. Without account and region, the template is the same for everyone, and synth sends no request
 * to AWS.
 */
export function buildApp(): void {
  const app = new App({ postCliContext: FLAGS });
  const { stack, context } = JSON.parse(process.env[DEPLOY_VARIABLE] ?? '{}') as Partial<DeployValues>;
  // oxlint-disable-next-line no-new -- creating a construct adds it to its scope
  new IvyMailStack(app, 'IvyMailEvents', {
    description: 'IvyMail Events: records every outcome of every SES email and sends it as a signed webhook',
    ...(stack !== undefined && { stackName: stack }),
    options: optionsFromContext(context ? { getAllContext: () => context } : app.node),
  });
}
