import { parse } from '../cli/parse.ts';
import { NPM_START } from './npm-start.ts';
import { runStart } from './start-command.ts';

try {
  const parsed = parse(NPM_START, process.argv.slice(2));
  if (parsed.kind === 'run') await runStart(parsed.values);
  else {
    console.log(parsed.text);
    // The IPC channel to start.mjs would keep this process running.
    process.exit(0);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(2);
}
