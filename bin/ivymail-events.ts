import { App } from 'aws-cdk-lib';
import { IvyMailStack } from '../lib/ivymail-stack.ts';
import { optionsFromContext } from '../lib/options.ts';

const app = new App();
// No account and no region: the same template for everyone, made without asking AWS anything.
// oxlint-disable-next-line no-new -- a construct is placed by making it
new IvyMailStack(app, 'IvyMailEvents', {
  description: 'IvyMail Events: every outcome of every SES mail, logged and pushed as a signed webhook',
  options: optionsFromContext(app.node),
});
