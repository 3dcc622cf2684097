/** Runs one deployment in its own process. The end of the process frees its memory. */
import { runLedger, type LedgerOptions } from './run.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as LedgerOptions;
process.send?.(await runLedger(options), () => process.disconnect());
