import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';
import { formatHelp, formatOption } from './help.ts';
import {
  acceptedOptions,
  commandsWithPrefix,
  TEXT_OPTIONS,
  type CommandSpec,
  type OptionSpecs,
  type Program,
} from './program.ts';

export type ParsedValues = Readonly<Record<string, string | boolean | undefined>>;

/** A parsed command line: a text to print, or a command to run. */
export type Parsed<Command> =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'run';
      readonly command: Command;
      readonly args: readonly string[];
      readonly values: ParsedValues;
      /** The words for another program, if the command has such words. */
      readonly passedThrough: readonly string[];
    };

interface Token {
  /** The option as the user typed it, with its dashes. */
  readonly typed: string;
  readonly name: string;
  readonly value: string | undefined;
}

/** Splits a command line into words and options. The options are validated later, when the command is known. */
function split(args: readonly string[], options: OptionSpecs) {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { positionals, tokens } = parseArgs({
    args: [...args],
    options: { ...config, help: { type: 'boolean', short: 'h' } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const typedOptions = tokens.flatMap((token): readonly Token[] => {
    if (token.kind !== 'option') return [];
    const { rawName: typed, name, inlineValue, value } = token;
    // In `--day --json`, `--json` is the next option, not a value. A value that begins with a dash is written `--name=-x`.
    const missing = inlineValue === false && value.startsWith('-');
    return [{ typed, name, value: missing ? undefined : value }];
  });
  return { words: positionals, typedOptions };
}

/** Throws a UsageError. Its message is one line with the problem and the command that shows help. */
function refuse(usage: string, words: string, problem: string): never {
  const help = [usage, words, '--help'].filter((part) => part !== '').join(' ');
  // The user's input can contain line breaks.
  throw new UsageError(`${problem.replaceAll(/\s+/g, ' ')}. For help: ${help}`);
}

function names(list: readonly string[]): string {
  return list.join(', ');
}

function findCommand<Command extends CommandSpec>(program: Program<Command>, words: readonly string[]) {
  const two = words.slice(0, 2).join(' ');
  const one = words[0] ?? '';
  const found = [two, one, ''].flatMap((name) => program.commands.filter((each) => each.name === name));
  const [command] = found;
  if (command) {
    const used = command.name === '' ? 0 : command.name.split(' ').length;
    return { command, args: words.slice(used) };
  }
  if (one === '') refuse(program.usage, '', 'A command is missing');
  const group = commandsWithPrefix(program, one).map(({ name }) => name);
  if (group.length === 0) refuse(program.usage, '', `There is no command ${one}`);
  const known = `The commands are ${names(group)}`;
  const [, next] = words;
  refuse(
    program.usage,
    one,
    next === undefined
      ? `${one} alone is not a command. ${known}`
      : `There is no command ${one} ${next}. ${known}`,
  );
}

function checkArguments(
  usage: string,
  { name, arguments: specs = [] }: CommandSpec,
  args: readonly string[],
): void {
  const missing = specs[args.length];
  if (missing) refuse(usage, name, `${name} needs ${missing.name}: ${missing.summary}`);
  const extra = args.slice(specs.length);
  if (extra.length > 0) refuse(usage, name, `${name || usage} accepts no further argument: ${names(extra)}`);
}

interface KnownToken extends Token {
  readonly spec: OptionSpecs[string];
}

/**
 * Finds the declaration of each option. Refuses an option that the command does not have. The caller does this before it
 * checks the arguments: the value of an unknown option is parsed as an argument, and the error must name the option.
 */
function resolveOptions(
  usage: string,
  { name: command }: CommandSpec,
  specs: { readonly accepted: OptionSpecs; readonly known: OptionSpecs },
  typedOptions: readonly Token[],
): readonly KnownToken[] {
  return typedOptions.map((token) => {
    const spec = Object.hasOwn(specs.accepted, token.name) ? specs.accepted[token.name] : undefined;
    if (spec) return { ...token, spec };
    const known = Object.hasOwn(specs.known, token.name);
    return refuse(
      usage,
      command,
      known ? `${command} does not use ${token.typed}` : `There is no option ${token.typed}`,
    );
  });
}

function readValues(
  usage: string,
  { name: command }: CommandSpec,
  accepted: OptionSpecs,
  typedOptions: readonly KnownToken[],
): ParsedValues {
  const values: Record<string, string | boolean | undefined> = {};
  for (const [name, { value, default: defaultValue }] of Object.entries(accepted))
    values[name] = value === undefined ? false : defaultValue;
  const seen = new Set<string>();
  for (const { typed, name, value, spec } of typedOptions) {
    if (seen.has(name)) refuse(usage, command, `${typed} is given twice`);
    seen.add(name);
    if (spec.value === undefined && value !== undefined) refuse(usage, command, `${typed} accepts no value`);
    if (spec.value !== undefined && (value ?? '') === '')
      refuse(usage, command, `${typed} needs a value: ${spec.value}`);
    values[name] = value ?? true;
  }
  for (const [name, spec] of Object.entries(accepted))
    if (spec.required && !seen.has(name))
      refuse(usage, command, `${command} needs ${formatOption(name, spec)}: ${spec.summary}`);
  return values;
}

/** Parses a command line. Throws a UsageError with one line of text for everything that the declaration does not allow. */
export function parse<Command extends CommandSpec>(
  program: Program<Command>,
  args: readonly string[],
): Parsed<Command> {
  const { usage } = program;
  const known: OptionSpecs = Object.assign(
    {},
    ...program.commands.map(({ options }) => options),
    program.options,
    TEXT_OPTIONS,
  );
  const forwarding = program.commands.find(({ name, passThrough }) => passThrough && name === args[0]);
  if (forwarding) return parseForwarding(program, forwarding, args.slice(1));
  const { words, typedOptions } = split(args, known);
  const hasOption = (name: string): boolean => typedOptions.some((each) => each.name === name);

  const [first, ...topic] = words;
  if (first === 'help') return { kind: 'text', text: topicHelp(program, topic) };
  if (hasOption('help')) return { kind: 'text', text: commandHelp(program, words) };
  if (hasOption('version')) return { kind: 'text', text: program.version };

  const { command, args: rest } = findCommand(program, words);
  const accepted = acceptedOptions(program, command);
  const resolved = resolveOptions(usage, command, { accepted, known }, typedOptions);
  checkArguments(usage, command, rest);
  const values = readValues(usage, command, accepted, resolved);
  return { kind: 'run', command, args: rest, values, passedThrough: [] };
}

/**
 * Parses the words after the name of a command that passes words to another program. The name must be the first word. Its own
 * options, and options that every command of this program has, are not passed on, unless they are after `--`.
 */
function parseForwarding<Command extends CommandSpec>(
  program: Program<Command>,
  command: Command,
  words: readonly string[],
): Parsed<Command> {
  const known: OptionSpecs = { ...command.options, ...program.options, ...TEXT_OPTIONS };
  const own: string[] = [];
  const passedThrough: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '--') {
      passedThrough.push(...words.slice(index + 1));
      break;
    }
    const [, name = ''] = /^--([^=]+)/.exec(word) ?? [];
    const spec = Object.hasOwn(known, name) ? known[name] : undefined;
    if (word === '-h') own.push('--help');
    else if (spec === undefined) passedThrough.push(word);
    else {
      own.push(word);
      if (spec.value !== undefined && !word.includes('=')) {
        own.push(...words.slice(index + 1, index + 2));
        index += 1;
      }
    }
  }
  const { typedOptions } = split(own, known);
  if (typedOptions.some(({ name }) => name === 'help'))
    return { kind: 'text', text: formatHelp(program, command.name) };
  if (typedOptions.some(({ name }) => name === 'version')) return { kind: 'text', text: program.version };
  const accepted = acceptedOptions(program, command);
  const resolved = resolveOptions(program.usage, command, { accepted, known }, typedOptions);
  const values = readValues(program.usage, command, accepted, resolved);
  return { kind: 'run', command, args: [], values, passedThrough };
}

function topicHelp<Command extends CommandSpec>(program: Program<Command>, topic: readonly string[]): string {
  const words = topic.join(' ');
  if (commandsWithPrefix(program, words).length === 0)
    refuse(program.usage, '', `There is no command ${words}`);
  return formatHelp(program, words);
}

/** Returns the help of a command. Arguments are ignored: `attach example.com --help` shows the help of `attach`. */
function commandHelp<Command extends CommandSpec>(
  program: Program<Command>,
  words: readonly string[],
): string {
  const topics = [words.slice(0, 2).join(' '), words[0] ?? ''];
  const topic = topics.find((each) => commandsWithPrefix(program, each).length > 0);
  if (topic !== undefined) return formatHelp(program, topic);
  refuse(program.usage, '', `There is no command ${words[0] ?? ''}`);
}
