import { PROGRAM } from '../admin/commands.ts';
import { findDeployment } from '../admin/deployment.ts';
import { describeFailure } from '../admin/failures.ts';
import { requireStackFile } from '../admin/stack-file.ts';
import { parse } from '../cli/parse.ts';

const args = process.argv.slice(2);
/** Read before the command line is parsed, because with --json a parse error must be printed as JSON too. */
const json = args.includes('--json');

async function main(): Promise<number> {
  const parsed = parse(PROGRAM, args);
  if (parsed.kind === 'text') {
    console.log(parsed.text);
    return 0;
  }
  const { command, values } = parsed;
  const [argument = ''] = parsed.args;
  const deployment = await findDeployment({
    stack: String(values['stack']),
    localRun: values['local'] === true ? requireStackFile() : undefined,
  });
  const output = await command.run(deployment, { argument, values: values as never, json });
  console.log(json ? JSON.stringify(output.result) : output.text);
  return output.exitCode ?? 0;
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    const { exitCode, ...failure } = describeFailure(error);
    // With --json, the error goes to stdout, where a program expects the result.
    if (json) console.log(JSON.stringify({ error: failure }));
    else console.error(failure.message);
    process.exitCode = exitCode;
  },
);
