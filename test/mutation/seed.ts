import fc from 'fast-check';
import { SEED } from '../proof/size.ts';

// A mutant that falls to some draws only would fall in one run and stand in the next.
fc.configureGlobal({ seed: SEED });
