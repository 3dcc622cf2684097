import {
  acceptedOptions,
  commandUsage,
  commandsWithPrefix,
  TEXT_OPTIONS,
  type CommandSpec,
  type OptionSpecs,
  type Program,
} from './program.ts';

type Row = readonly [string, string];

/** Formats rows as two indented columns. */
function formatColumns(rows: readonly Row[], width: number): readonly string[] {
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

/** Formats an option as the user types it: `--limit N`. */
export function formatOption(name: string, { value }: OptionSpecs[string]): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

function optionRows(options: OptionSpecs): readonly Row[] {
  return Object.entries(options).map(([name, spec]): Row => {
    const defaultNote = spec.default === undefined ? '' : ` (default: ${spec.default})`;
    return [formatOption(name, spec), `${spec.summary}${spec.required ? ' (required)' : defaultNote}`];
  });
}

function widthOf(rows: readonly Row[]): number {
  return Math.max(0, ...rows.map(([left]) => left.length));
}

/** Names the commands that accept the options of the program. */
export function sharedBy({ commands }: Program<CommandSpec>): string {
  const standalone = commands.filter((each) => each.standalone === true).map(({ name }) => name);
  return standalone.length === 0 ? 'every command' : `every command except ${standalone.join(', ')}`;
}

/** Returns the help of every command that begins with `words`. If it is one command, the help includes its arguments. */
export function formatHelp<Command extends CommandSpec>(program: Program<Command>, words: string): string {
  const commands = commandsWithPrefix(program, words);
  const [only] = commands.length === 1 ? commands : [];
  const blocks: (readonly string[])[] = [];
  if (only) {
    const rows: readonly Row[] = [
      ...(only.arguments ?? []),
      ...(only.passThrough ? [only.passThrough] : []),
    ].map((each): Row => [each.name, each.summary]);
    const own = optionRows(only.options);
    const shared = optionRows(acceptedOptions(program, { ...only, options: {} }));
    const width = widthOf([...rows, ...own, ...shared]);
    blocks.push([`Usage: ${[program.usage, commandUsage(only), '[options]'].filter(Boolean).join(' ')}`]);
    blocks.push([`${only.summary}.`]);
    blocks.push(formatColumns(rows, width));
    blocks.push(formatColumns(own, width));
    blocks.push(formatColumns(shared, width));
  } else {
    // The help of all commands lists only their names. The help of one word also lists the options of its commands.
    const rows = commands.flatMap((each): readonly Row[] => [
      [commandUsage(each), each.summary],
      ...(words === '' ? [] : optionRows(each.options).map(([left, right]): Row => [`    ${left}`, right])),
    ]);
    const shared = optionRows({ ...program.options, ...TEXT_OPTIONS });
    const width = widthOf([...rows, ...shared]);
    blocks.push([`Usage: ${program.usage} COMMAND [options]`]);
    if (words === '') blocks.push([program.summary]);
    blocks.push(formatColumns(rows, width));
    blocks.push([`Options of ${sharedBy(program)}:`, ...formatColumns(shared, width)]);
    blocks.push([`Arguments and options of one command: ${program.usage} help COMMAND`]);
  }
  blocks.push(program.notes);
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.trimEnd()).join('\n'))
    .join('\n\n');
}
