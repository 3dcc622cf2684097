import { App } from 'aws-cdk-lib';
import { buildFunctions } from '../build/functions.ts';
import { IvyMailStack } from '../lib/ivymail-stack.ts';
import { optionsFromContext } from '../lib/options.ts';

buildFunctions();
const app = new App();
// Without account and region, the template is the same for everyone, and synth sends no request to AWS.
// oxlint-disable-next-line no-new -- creating a construct adds it to its scope
new IvyMailStack(app, 'IvyMailEvents', {
  description: 'IvyMail Events: records every outcome of every SES email and sends it as a signed webhook',
  options: optionsFromContext(app.node),
});
