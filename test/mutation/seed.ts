import fc from 'fast-check';
import { SEED } from '../proof/size.ts';

// A fixed seed. Otherwise, a mutation that only some random values reveal would be noticed in one run and not in the next.
fc.configureGlobal({ seed: SEED });
