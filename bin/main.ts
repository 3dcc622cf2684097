import { findDeployment } from '../admin/deployment.ts';
import { describeFailure } from '../admin/failures.ts';
import type { CommandOutput } from '../admin/output.ts';
import { requireStackFile } from '../admin/stack-file.ts';
import { parse, type Parsed } from '../cli/parse.ts';
import { PROGRAM, type Command } from './commands.ts';

type ParsedLine = Parsed<Command>;

async function run(
  { command, args, values, passedThrough }: Extract<ParsedLine, { kind: 'run' }>,
  json: boolean,
): Promise<CommandOutput> {
  if (command.standalone) return command.run({ values: values as never, passedThrough });
  const [argument = ''] = args;
  const deployment = await findDeployment({
    stack: values['stack'] as string | undefined,
    construct: values['construct'] as string | undefined,
    localRun: values['local'] === true ? requireStackFile() : undefined,
  });
  return command.run(deployment, { argument, values: values as never, json });
}

/** Runs the program. The exit code is that of the process. */
export async function main(args: readonly string[]): Promise<void> {
  // Read before the command line is parsed, because with --json a parse error must be printed as JSON too.
  const json = args.includes('--json');
  try {
    const parsed = parse(PROGRAM, args);
    if (parsed.kind === 'text') {
      console.log(parsed.text);
      return;
    }
    const { result, text, exitCode = 0 } = await run(parsed, json);
    // A command that printed its output itself has no text.
    if (text !== '') console.log(json ? JSON.stringify(result) : text);
    process.exitCode = exitCode;
  } catch (error) {
    const { exitCode, ...failure } = describeFailure(error);
    // With --json, the error goes to stdout, where a program expects the result.
    if (json) console.log(JSON.stringify({ error: failure }));
    else console.error(failure.message);
    process.exitCode = exitCode;
  }
}
