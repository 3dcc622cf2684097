import { buildFunctions } from './functions.ts';

buildFunctions();
