import { formatOption, sharedBy } from '../cli/help.ts';
import { commandUsage, type CommandSpec, type OptionSpecs, type Program } from '../cli/program.ts';
import { table } from './markdown.ts';

function optionsCell(options: OptionSpecs): string {
  return Object.entries(options)
    .map(([name, spec]) => `\`${formatOption(name, spec)}\`${spec.required ? ' (required)' : ''}`)
    .join(', ');
}

/** The commands of a program as a Markdown table. */
export function commandTable(program: Program<CommandSpec>): string {
  const { commands, options } = program;
  return table(
    ['command', 'what it does', 'options'],
    [
      ...commands.map((each) => [`\`${commandUsage(each)}\``, each.summary, optionsCell(each.options)]),
      [sharedBy(program), '', optionsCell(options)],
    ],
  );
}
