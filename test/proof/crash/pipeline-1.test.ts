import { testCrashes } from './pipeline.ts';

await testCrashes('first');
