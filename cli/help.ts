import {
  commandUsage,
  commandsWithPrefix,
  TEXT_OPTIONS,
  type CommandSpec,
  type OptionSpecs,
  type Program,
} from './program.ts';

type Row = readonly [string, string];

/** Two columns, indented. */
function columns(rows: readonly Row[], width: number): readonly string[] {
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

/** `--limit N`, as a person types it. */
export function formatOption(name: string, { value }: OptionSpecs[string]): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

function optionRows(options: OptionSpecs): readonly Row[] {
  return Object.entries(options).map(([name, spec]): Row => {
    const usual = spec.default === undefined ? '' : ` (default: ${spec.default})`;
    return [formatOption(name, spec), `${spec.summary}${spec.required ? ' (required)' : usual}`];
  });
}

function widthOf(rows: readonly Row[]): number {
  return Math.max(0, ...rows.map(([left]) => left.length));
}

/** The help of all commands that `words` begins; of one command, its arguments and options, too. */
export function formatHelp<Command extends CommandSpec>(program: Program<Command>, words: string): string {
  const commands = commandsWithPrefix(program, words);
  const [only] = commands.length === 1 ? commands : [];
  const shared = optionRows({ ...program.options, ...TEXT_OPTIONS });
  const blocks: (readonly string[])[] = [];
  if (only) {
    const rows: readonly Row[] = (only.arguments ?? []).map((each): Row => [each.name, each.summary]);
    const own = optionRows(only.options);
    const width = widthOf([...rows, ...own, ...shared]);
    blocks.push([`Usage: ${[program.usage, commandUsage(only), '[options]'].filter(Boolean).join(' ')}`]);
    blocks.push([`${only.summary}.`]);
    blocks.push(columns(rows, width));
    blocks.push(columns(own, width));
    blocks.push(columns(shared, width));
  } else {
    // All commands are a list to choose from; those of one word come with their options.
    const rows = commands.flatMap((each): readonly Row[] => [
      [commandUsage(each), each.summary],
      ...(words === '' ? [] : optionRows(each.options).map(([left, right]): Row => [`    ${left}`, right])),
    ]);
    const width = widthOf([...rows, ...shared]);
    blocks.push([`Usage: ${program.usage} COMMAND [options]`]);
    if (words === '') blocks.push([program.summary]);
    blocks.push(columns(rows, width));
    blocks.push(['Options of every command:', ...columns(shared, width)]);
    blocks.push([`Arguments and options of one command: ${program.usage} help COMMAND`]);
  }
  blocks.push(program.notes);
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.trimEnd()).join('\n'))
    .join('\n\n');
}
