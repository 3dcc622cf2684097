/** The CDK app of the clone. */
import { buildFunctions } from '../build/functions.ts';
import { buildApp } from './app.ts';

buildFunctions();
buildApp();
