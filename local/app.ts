import { App } from 'aws-cdk-lib';
import { buildFunctions } from '../build/functions.ts';
import { IvyMailStack } from '../lib/ivymail-stack.ts';
import { optionsFromContext } from '../lib/options.ts';
import { WAIT_SCALE_CONTEXT } from './retry-scale.ts';

/**
 * The app of the local run: the stack of bin/ivymail-events.ts, with the internal props that no deployment has. The
 * context value has a colon in its name. Such a name is no stack option, so the app of a deployment ignores it.
 */
buildFunctions();
const app = new App();
// oxlint-disable-next-line no-new -- creating a construct adds it to its scope
new IvyMailStack(app, 'IvyMailEvents', {
  // The local run has few concurrent executions, as a new account (local/concurrency.ts).
  options: { consumerConcurrency: 2, ...optionsFromContext(app.node), allowInsecureEndpoints: true },
  internal: { emulated: true, waitScale: Number(app.node.getContext(WAIT_SCALE_CONTEXT)) },
});
