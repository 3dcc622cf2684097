/** The declaration of a command-line program. The parser, the help and the documentation use it, so they cannot differ. */

export interface OptionSpec {
  /** The name of the value in the help, such as `NAME`. An option without a value is a flag. */
  readonly value?: string;
  readonly summary: string;
  /** The value when the option is not given. */
  readonly default?: string;
  /** The command is refused without the option. */
  readonly required?: true;
}

/** Options by name, without the leading dashes. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** The values that a command receives: a string for an option with a value, a boolean for a flag. */
export type Values<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends { readonly value: string }
    ? Specs[Name] extends { readonly default: string } | { readonly required: true }
      ? string
      : string | undefined
    : boolean;
};

export interface ArgumentSpec {
  /** The name of the argument in the help, such as `PLACE`. */
  readonly name: string;
  readonly summary: string;
}

export interface CommandSpec {
  /** One or two words. Empty if the program is a single command. */
  readonly name: string;
  readonly summary: string;
  /** All arguments are required, in this order. */
  readonly arguments?: readonly ArgumentSpec[];
  readonly options: OptionSpecs;
  /** The command accepts only its own options, and none of those that the program shares. */
  readonly standalone?: true;
  /**
   * The name and the summary of the words that the command gives to another program. Every word that is no option of the
   * command is such a word, in its order.
   */
  readonly passThrough?: ArgumentSpec;
}

export interface Program<Command extends CommandSpec> {
  /** How the user starts the program, such as `npx ivymail-events`. */
  readonly usage: string;
  readonly summary: string;
  /** Printed by `--version`. */
  readonly version: string;
  readonly commands: readonly Command[];
  /** Options that every command accepts, except a standalone command. */
  readonly options: OptionSpecs;
  /** The last lines of the help. */
  readonly notes: readonly string[];
}

/** Options of every program. They print a text and run no command. */
export const TEXT_OPTIONS = {
  help: { summary: 'Print this help' },
  version: { summary: 'Print the version' },
} as const satisfies OptionSpecs;

/** Returns the commands whose names begin with `words`: three for `redrive`, one for `redrive run`, all for ''. */
export function commandsWithPrefix<Command extends CommandSpec>(
  { commands }: Program<Command>,
  words: string,
): readonly Command[] {
  return commands.filter(({ name }) => words === '' || name === words || name.startsWith(`${words} `));
}

/** Returns the options that a command accepts: its own, and those of the program. */
export function acceptedOptions<Command extends CommandSpec>(
  program: Program<Command>,
  { options, standalone }: CommandSpec,
): OptionSpecs {
  return { ...options, ...(standalone !== true && program.options), ...TEXT_OPTIONS };
}

/** Formats the name and the arguments of a command. */
export function commandUsage({ name, arguments: args = [], passThrough }: CommandSpec): string {
  return [name, ...args.map((each) => each.name), ...(passThrough ? [`[${passThrough.name}]`] : [])]
    .filter((word) => word !== '')
    .join(' ');
}
