import { formatOption } from './help.ts';
import { commandUsage, type CommandSpec, type OptionSpecs, type Program } from './program.ts';

function optionsCell(options: OptionSpecs): string {
  return Object.entries(options)
    .map(([name, spec]) => `\`${formatOption(name, spec)}\`${spec.required ? ' (required)' : ''}`)
    .join(', ');
}

/** Formats the commands of a program as a Markdown table with aligned columns. */
export function commandTable({ commands, options }: Program<CommandSpec>): string {
  const rows = [
    ['command', 'what it does', 'options'],
    ...commands.map((each) => [`\`${commandUsage(each)}\``, each.summary, optionsCell(each.options)]),
    ['every command', '', optionsCell(options)],
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const [head = '', ...body] = rows.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body].join('\n');
}
