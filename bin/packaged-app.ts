/** The CDK app of the npm package, which contains the built functions. */
import { buildApp } from './app.ts';

buildApp();
