/** The command lines of `ivymail-events`, for every declared command, and of `npm start`. */
import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXIT_CODES, PROGRAM, type Command } from '../../bin/commands.ts';
import { UsageError } from '../../cli/usage-error.ts';
import { acceptedOptions, type OptionSpecs } from '../../cli/program.ts';
import { parse } from '../../cli/parse.ts';
import { commandTable } from '../../pages/command-table.ts';
import { NPM_START } from '../../local/npm-start.ts';
import { startOptions } from '../../local/start-options.ts';

const { commands, options: shared } = PROGRAM;
/** The options that a command accepts, without those that only print a text. */
function optionsOf(command: Command): OptionSpecs {
  const { help: _help, version: _version, ...options } = acceptedOptions(PROGRAM, command);
  return options;
}

/** Every command with its name. */
const NAMED_COMMANDS = commands.map((command) => [command.name, command] as const);
/** The commands that give no words to another program, so that they refuse every word that they do not know. */
const STRICT_COMMANDS = NAMED_COMMANDS.filter(([, { passThrough }]) => passThrough === undefined);
const GROUPS = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))];
/** Every option of every command, by name. */
const ALL_OPTIONS = new Map([
  ...commands.flatMap(({ options }) => Object.entries(options)),
  ...Object.entries(shared),
]);

function wordsOf({ name }: Command): readonly string[] {
  return name.split(' ');
}

/** Returns the shortest valid call of a command. `without` names a required option to omit. */
function shortestCall(command: Command, without?: string): readonly string[] {
  return [
    ...wordsOf(command),
    ...(command.arguments ?? []).map(({ name }) => name.toLowerCase()),
    ...Object.entries(command.options)
      .filter(([name, { required }]) => required === true && name !== without)
      .flatMap(([name]) => [`--${name}`, 'x']),
  ];
}

function textOf(args: readonly string[]): string {
  const parsed = parse(PROGRAM, args);
  if (parsed.kind !== 'text') throw new Error(`${args.join(' ')} runs ${parsed.command.name}`);
  return parsed.text;
}

/** Returns `run`, `text`, or the message of the refusal. Throws any other error, because the parser must not throw one. */
function outcomeOf(args: readonly string[]): string {
  try {
    return parse(PROGRAM, args).kind;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

const REFUSAL = /^.+\. For help: npx ivymail-events(?: (.+))? --help$/;

/** Returns the message of a refusal. Checks that it is one line and that the help that it names exists. */
function refusalOf(args: readonly string[]): string {
  const message = outcomeOf(args);
  expect(message).toMatch(REFUSAL);
  const [, words = ''] = REFUSAL.exec(message) ?? [];
  expect(textOf([...words.split(' ').filter(Boolean), '--help'])).toContain('Usage: npx ivymail-events ');
  return message;
}

describe('help', () => {
  it.each([[['help']], [['--help']], [['-h']]])('%j lists every command and every exit code', (args) => {
    const text = textOf(args);
    for (const { name, summary } of commands) {
      expect(text).toContain(`  ${name}`);
      expect(text).toContain(summary);
    }
    for (const [code, meaning] of Object.entries(EXIT_CODES))
      expect(text).toContain(`${code.padEnd(3)}  ${meaning}`);
  });

  it.each(NAMED_COMMANDS)(
    'of %s names its arguments and exactly the options that it accepts',
    (_name, command) => {
      const words = wordsOf(command);
      const text = textOf(['help', ...words]);
      expect(textOf([...words, '--help'])).toBe(text);
      expect(textOf(['-h', ...words])).toBe(text);
      expect(textOf([...shortestCall(command), '--help', '--nonsense'])).toBe(text);
      for (const { name, summary } of command.arguments ?? []) {
        expect(text).toContain(name);
        expect(text).toContain(summary);
      }
      const listed = [...text.matchAll(/^ +--([\w-]+)/gm)].map(([, name]) => name);
      expect(listed).toEqual(Object.keys(acceptedOptions(PROGRAM, command)));
    },
  );

  it.each(GROUPS)('of the word %s shows every command that begins with it', (word) => {
    const text = textOf(['help', word]);
    expect(textOf([word, '--help'])).toBe(text);
    for (const { name } of commands.filter((each) => each.name.split(' ')[0] === word))
      expect(text).toContain(name);
  });

  it('prints the version of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(textOf(['--version'])).toBe(version);
  });
});

describe('a command line is refused in one line that names the help:', () => {
  it.each([
    ['no command', [], 'A command is missing'],
    ['an unknown command', ['frobnicate'], 'There is no command frobnicate'],
    ['help for an unknown command', ['help', 'frobnicate'], 'There is no command frobnicate'],
    ['an unknown command with --help', ['frobnicate', '--help'], 'There is no command frobnicate'],
    ['the first word of a command', ['redrive'], 'The commands are redrive list, redrive show, redrive run'],
    [
      'the first word of a command and an unknown second word',
      ['redrive', 'frobnicate'],
      'There is no command redrive frobnicate',
    ],
    ['a property name of every object', ['init', '--constructor'], 'There is no option --constructor'],
    ['a line break', ['a\nb'], 'There is no command a b'],
    ['an unknown option with a value', ['key', 'create', '--scope', 'read'], 'There is no option --scope.'],
    ['a short option', ['init', '-x'], 'There is no option -x'],
    ['a value that is an option', ['key', 'create', '--name', '--json'], '--name needs a value'],
    ['an empty value', ['key', 'create', '--name='], '--name needs a value'],
  ])('%s', (_what, args, problem) => {
    expect(refusalOf(args)).toContain(problem);
  });

  it.each(STRICT_COMMANDS)('%s with an option that it does not use', (name, command) => {
    const accepted = new Set(Object.keys(optionsOf(command)));
    const unused = [...ALL_OPTIONS].filter(([option]) => !accepted.has(option));
    for (const [option, { value }] of unused) {
      const given = value === undefined ? [`--${option}`] : [`--${option}`, 'x'];
      expect(refusalOf([...shortestCall(command), ...given])).toContain(`${name} does not use --${option}`);
    }
    expect(refusalOf([...shortestCall(command), '--frobnicate'])).toContain(
      'There is no option --frobnicate',
    );
  });

  it.each(NAMED_COMMANDS)(
    '%s with an option without its value, with an unexpected value, or given twice',
    (_name, command) => {
      for (const [option, { value, required }] of Object.entries(optionsOf(command))) {
        const call = shortestCall(command, required ? option : undefined);
        const once = value === undefined ? [`--${option}`] : [`--${option}`, 'x'];
        expect(refusalOf([...call, ...once, ...once])).toContain(`--${option} is given twice`);
        const wrong = value === undefined ? `--${option}=x` : `--${option}`;
        const problem = value === undefined ? 'accepts no value' : 'needs a value';
        expect(refusalOf([...call, wrong])).toContain(`--${option} ${problem}`);
      }
    },
  );

  it.each(NAMED_COMMANDS)('%s without a required option', (name, command) => {
    const missing = Object.entries(command.options).filter(([, { required }]) => required === true);
    for (const [option] of missing)
      expect(refusalOf(shortestCall(command, option))).toContain(`${name} needs --${option}`);
  });

  it.each(STRICT_COMMANDS)('%s with a missing argument or with an additional one', (name, command) => {
    for (const [index, argument] of (command.arguments ?? []).entries())
      expect(refusalOf(shortestCall(command).slice(0, wordsOf(command).length + index))).toContain(
        `${name} needs ${argument.name}`,
      );
    const call = shortestCall(command);
    const end = wordsOf(command).length + (command.arguments ?? []).length;
    expect(refusalOf([...call.slice(0, end), 'one-more', ...call.slice(end)])).toContain(
      'accepts no further argument: one-more',
    );
  });
});

describe('a command line that is accepted', () => {
  it.each(NAMED_COMMANDS)('passes every option and argument to %s', (_name, command) => {
    const all = optionsOf(command);
    for (const [option, { value, required }] of Object.entries(all)) {
      const given = value === undefined ? [`--${option}`] : [`--${option}=-a b`];
      const parsed = parse(PROGRAM, [...shortestCall(command, required ? option : undefined), ...given]);
      expect(parsed).toMatchObject({
        kind: 'run',
        command,
        args: (command.arguments ?? []).map(({ name }) => name.toLowerCase()),
        values: { [option]: value === undefined ? true : '-a b' },
      });
    }
    const { values } = parse(PROGRAM, shortestCall(command)) as { values: Record<string, unknown> };
    const optional = Object.entries(all).filter(([, { required }]) => required !== true);
    for (const [option, { value, default: defaultValue }] of optional)
      expect([option, values[option]]).toEqual([option, value === undefined ? false : defaultValue]);
  });

  it('uses an option name with a value in every command, or in none', () => {
    for (const { options } of commands)
      for (const [name, { value }] of Object.entries(options))
        expect([name, value === undefined]).toEqual([name, ALL_OPTIONS.get(name)?.value === undefined]);
  });
});

it('every input runs a command, prints a text, or is refused in one line', () => {
  const word = fc.oneof(
    fc.constantFrom(...commands.flatMap(wordsOf), 'help', '--', '-', '', '__proto__', 'constructor'),
    fc.constantFrom(...ALL_OPTIONS.keys(), 'help', 'version', '__proto__').map((name) => `--${name}`),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.string({ maxLength: 8 }).map((text) => `--${text}`),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (args) => {
      const outcome = outcomeOf(args);
      expect(['run', 'text'].includes(outcome) || REFUSAL.test(outcome)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

describe('the documentation', () => {
  const PAGES = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)].filter((file) =>
    file.endsWith('.md'),
  );

  it('contains only commands that the parser accepts', () => {
    const shown = PAGES.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/npx ivymail-events ([^\n`#|)]+)(?:\n(.*))?/g)].map(
        ([, line = '', output = '']) => ({ file, args: line.trim().split(/ +/), output }),
      ),
    );
    expect(new Set(shown.map(({ file }) => file)).size).toBeGreaterThan(2);
    const wrong = shown.filter(({ args, output }) => {
      const outcome = outcomeOf(args);
      // `COMMAND` is a placeholder. One example shows a refusal and its message.
      return args[0] !== 'COMMAND' && !['run', 'text', output].includes(outcome);
    });
    expect(wrong).toEqual([]);
  });
});

describe('docs/admin.md', () => {
  it('contains the table of all commands (update it with npm run docs)', () => {
    expect(readFileSync('docs/admin.md', 'utf8')).toContain(commandTable(PROGRAM));
  });

  it('contains every exit code', () => {
    const page = readFileSync('docs/admin.md', 'utf8');
    const codes = [...page.matchAll(/^\| +(\d+) +\| (.+?) +\|$/gm)].map(([, code, meaning]) => [
      code,
      meaning,
    ]);
    expect(codes).toEqual(Object.entries(EXIT_CODES));
  });
});

function startOptionsOf(args: readonly string[]): unknown {
  const parsed = parse(NPM_START, args);
  return parsed.kind === 'text' ? parsed.text : startOptions(parsed.values, NPM_START.usage);
}

describe('npm start', () => {
  it('reads its options', () => {
    expect(startOptionsOf([])).toEqual({ seed: true, retryScale: expect.any(Number) });
    expect(startOptionsOf(['--no-seed', '--port', '8080', '--retry-scale', '1'])).toEqual({
      seed: false,
      port: 8080,
      retryScale: 1,
    });
  });

  it.each([[['--help']], [['-h']], [['help']]])('%j prints its help', (args) => {
    for (const option of ['--no-seed', '--port N', '--retry-scale X'])
      expect(startOptionsOf(args)).toContain(option);
  });

  it.each([
    [['--frobnicate'], 'There is no option --frobnicate'],
    [['now'], 'accepts no further argument: now'],
    [['--port'], '--port needs a value'],
    [['--port', '0'], '--port needs a number from 1 to 65535'],
    [['--port', '1.5'], '--port needs a number from 1 to 65535'],
    [['--retry-scale', '0'], '--retry-scale needs a number greater than 0 and at most 1'],
    [['--retry-scale', 'x'], '--retry-scale needs a number greater than 0 and at most 1'],
    [['--no-seed=1'], '--no-seed accepts no value'],
  ])('refuses %j in one line', (args, problem) => {
    const refused = () => startOptionsOf(args);
    expect(refused).toThrow(UsageError);
    expect(refused).toThrow(problem);
    expect(refused).toThrow(/^.+\. For help: npm start -- --help$/);
  });
});
