/** The declaration of a command-line program. Parsing, help and documentation are made from it, so they cannot differ. */

export interface OptionSpec {
  /** How the help names the value, such as `NAME`. An option without it is a flag. */
  readonly value?: string;
  readonly summary: string;
  /** The value when the option is not given. */
  readonly default?: string;
  /** The command is refused without the option. */
  readonly required?: true;
}

/** By name, without the leading dashes. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What a command reads of its options: a text where the option has a value, a boolean where it is a flag. */
export type Values<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends { readonly value: string }
    ? Specs[Name] extends { readonly default: string } | { readonly required: true }
      ? string
      : string | undefined
    : boolean;
};

export interface ArgumentSpec {
  /** How the help names it, such as `PLACE`. */
  readonly name: string;
  readonly summary: string;
}

export interface CommandSpec {
  /** One or two words; empty where the program is a single command. */
  readonly name: string;
  readonly summary: string;
  /** All of them are required, in this order. */
  readonly arguments?: readonly ArgumentSpec[];
  readonly options: OptionSpecs;
}

export interface Program<Command extends CommandSpec> {
  /** How a person types it, such as `npm run admin --`. */
  readonly usage: string;
  readonly summary: string;
  /** Printed by `--version`. */
  readonly version: string;
  readonly commands: readonly Command[];
  /** Options that every command accepts. */
  readonly options: OptionSpecs;
  /** The last lines of the help. */
  readonly notes: readonly string[];
}

/** Options that every program has. They print a text and run nothing. */
export const TEXT_OPTIONS = {
  help: { summary: 'Print this help' },
  version: { summary: 'Print the version' },
} as const satisfies OptionSpecs;

/** All commands that a word or two begin: `redrive` names three, `redrive run` one, no word every command. */
export function commandsWithPrefix<Command extends CommandSpec>(
  { commands }: Program<Command>,
  words: string,
): readonly Command[] {
  return commands.filter(({ name }) => words === '' || name === words || name.startsWith(`${words} `));
}

/** How a command is called: its name and its arguments. */
export function commandUsage({ name, arguments: args = [] }: CommandSpec): string {
  return [name, ...args.map((each) => each.name)].filter((word) => word !== '').join(' ');
}
