/** One world in a process of its own: what it holds in memory goes with it. */
import { runLedger, type LedgerOptions } from './run.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as LedgerOptions;
process.send?.(await runLedger(options), () => process.disconnect());
