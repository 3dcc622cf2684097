import { resultsOf } from './results.mjs';
import vectors from './vectors.mjs';

console.log(await resultsOf(vectors));
