/** The whole program: the commands that use a deployment, and those that need none. */
import packageJson from '../package.json' with { type: 'json' };
import { ADMIN_COMMANDS, type AdminCommand } from '../admin/commands.ts';
import type { CommandOutput } from '../admin/output.ts';
import type { CommandSpec, OptionSpecs, Program, Values } from '../cli/program.ts';
import { START_COMMAND } from '../local/start-options.ts';

interface Input<Specs extends OptionSpecs> {
  readonly values: Values<Specs>;
  readonly passedThrough: readonly string[];
}

/** A command that uses no deployment. Large code is loaded when the command runs, so that the other commands start fast. */
export interface StandaloneCommand extends CommandSpec {
  readonly standalone: true;
  readonly run: (input: Input<never>) => Promise<CommandOutput>;
}

function standalone<const Specs extends OptionSpecs>(
  spec: CommandSpec & {
    readonly options: Specs;
    readonly run: (input: Input<Specs>) => Promise<CommandOutput>;
  },
): StandaloneCommand {
  return { ...spec, standalone: true };
}

/** The output of a command that has printed its result itself. */
const PRINTED: CommandOutput = { result: undefined, text: '' };

const JSON_OPTION = {
  json: { summary: 'Print JSON instead of text: the result, or the error' },
} as const;

const STANDALONE_COMMANDS: readonly StandaloneCommand[] = [
  standalone({
    ...START_COMMAND,
    options: { ...START_COMMAND.options, ...JSON_OPTION },
    async run({ values }) {
      const { runStart } = await import('../local/start-command.ts');
      await runStart(values, { json: values.json });
      return PRINTED;
    },
  }),
  standalone({
    name: 'template',
    summary: 'Write a CloudFormation template, its assets and a script that deploys them with the AWS CLI',
    options: {
      out: { value: 'DIR', summary: 'A folder that is empty or does not exist', required: true },
      ...JSON_OPTION,
    },
    async run({ values }) {
      const { writeTemplateFolder } = await import('../admin/template.ts');
      return writeTemplateFolder(values.out);
    },
  }),
  standalone({
    name: 'deploy',
    summary: 'Deploy the stack, or update it, with the AWS CDK of this folder',
    options: { stack: { value: 'NAME', summary: 'The name of the stack', default: 'IvyMailEvents' } },
    passThrough: {
      name: 'CDK OPTIONS',
      summary: 'Options of cdk deploy, such as -c retentionDays=30 or --profile NAME',
    },
    async run({ values, passedThrough }) {
      const [{ deploy }, { cdkApp }] = await Promise.all([
        import('../admin/deploy.ts'),
        import('./places.ts'),
      ]);
      const { app, isPackage } = cdkApp();
      const exitCode = await deploy({
        stack: values.stack,
        app,
        ignoresCdkJson: isPackage,
        words: passedThrough,
        cwd: process.cwd(),
        env: process.env,
      });
      return { ...PRINTED, exitCode };
    },
  }),
];

export type Command = AdminCommand | StandaloneCommand;

/** The meaning of each exit code. Programs can rely on the codes. */
export const EXIT_CODES = {
  0: 'success',
  1: 'a check of doctor failed, a message could not be redriven, or the CDK or the local run failed',
  2: 'the command was refused: wrong usage, or something that it names does not exist',
  3: 'a request to AWS failed: no region, credentials, stack, permission or connection',
  4: 'doctor has a warning, or could not make a check',
  130: 'interrupted',
} as const;

export const PROGRAM: Program<Command> = {
  usage: 'npx ivymail-events',
  summary:
    'Runs, deploys and operates IvyMail Events, with the AWS credentials of the environment. --local uses the local run instead.',
  version: packageJson.version,
  commands: [...STANDALONE_COMMANDS, ...ADMIN_COMMANDS],
  options: {
    stack: {
      value: 'NAME',
      summary: 'The deployed stack (default: IvyMailEvents, or the only stack with a deployment)',
    },
    construct: { value: 'PATH', summary: 'The path of the construct, if the stack has several' },
    local: { summary: 'Use the local run of this folder instead of AWS' },
    ...JSON_OPTION,
  },
  notes: [
    'Exit codes:',
    ...Object.entries(EXIT_CODES).map(([code, meaning]) => `  ${code.padEnd(3)}  ${meaning}`),
  ],
};
