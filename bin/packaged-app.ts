/** The CDK app of the npm package, which contains the built functions. */
// This import is first, because the next one already loads aws-cdk-lib.
// oxlint-disable-next-line import/no-unassigned-import -- it only checks, and exports nothing that is needed here
import '../lib/supported-versions.ts';
import { buildApp } from './app.ts';

buildApp();
