import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { UsageError } from '../cli/usage-error.ts';

/** The variable with which `deploy` gives the CDK app its values, as JSON. */
export const DEPLOY_VARIABLE = 'IVYMAIL_EVENTS_DEPLOY';

export interface DeployValues {
  /** The name of the stack. */
  readonly stack: string;
  /**
   * The values of `-c name=value`. Without this field, the app reads the context of the CDK, which also contains the context of the
   * cdk.json in the current folder. That file can belong to another app.
   */
  readonly context?: Readonly<Record<string, string>>;
}

export interface DeployOptions {
  readonly stack: string;
  /** The command line of the CDK app, for a shell. */
  readonly app: string;
  /** Whether the app reads only the options of this command line. */
  readonly ignoresCdkJson: boolean;
  /** The words for the CDK. */
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

function parentsOf(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...parentsOf(parent)];
}

/** Returns the first `node_modules` folder of this folder or of its parents that contains a package. */
function modulesWith(name: string, cwd: string): string | undefined {
  return parentsOf(cwd)
    .map((folder) => join(folder, 'node_modules'))
    .find((modules) => existsSync(join(modules, name, 'package.json')));
}

/** Returns the program and the first arguments that run the CDK command line: the installed package, or the program in PATH. */
function findCdk(cwd: string, env: NodeJS.ProcessEnv): readonly string[] | undefined {
  const modules = modulesWith('aws-cdk', cwd);
  if (modules !== undefined) {
    const folder = join(modules, 'aws-cdk');
    const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      bin: { cdk: string };
    };
    return [process.execPath, join(folder, bin.cdk)];
  }
  const inPath = (env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'cdk'));
  const program = inPath.find((file) => existsSync(file));
  return program === undefined ? undefined : [program];
}

/** Reads the `-c name=value` words. The CDK reads them in all of these forms. */
function contextOf(words: readonly string[]): Readonly<Record<string, string>> {
  const pairs = words.flatMap((word, index) => {
    if (word === '-c' || word === '--context') return [words[index + 1] ?? ''];
    const [, inline] = /^(?:--context=|-c=?)(.+)$/.exec(word) ?? [];
    return inline === undefined ? [] : [inline];
  });
  return Object.fromEntries(
    pairs
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

/** The CDK ends by itself after a signal of the terminal. This process waits for it, so that its exit code is not lost. */
async function exitCodeOf(
  program: string,
  args: readonly string[],
  options: Pick<DeployOptions, 'cwd' | 'env'>,
) {
  const ignore = (): void => {};
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, ignore);
  try {
    const cdk = spawn(program, args, { ...options, stdio: 'inherit' });
    const [code] = (await once(cdk, 'exit')) as [number | null];
    return code ?? 130;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, ignore);
  }
}

/** `deploy`: runs `cdk deploy` of the user's own CDK with the app of this project. Returns the exit code of the CDK. */
export async function deploy(options: DeployOptions): Promise<number> {
  const { stack, app, words, cwd, env } = options;
  const cdk = findCdk(cwd, env);
  const library = modulesWith('aws-cdk-lib', cwd);
  const missing = [
    ...(cdk ? [] : ['aws-cdk']),
    ...(library === undefined ? ['aws-cdk-lib'] : []),
    ...(modulesWith('constructs', cwd) === undefined ? ['constructs'] : []),
  ];
  if (cdk === undefined || library === undefined || missing.length > 0)
    throw new UsageError(
      `deploy needs ${missing.join(', ')} in this folder. To install: npm i -D aws-cdk@2 aws-cdk-lib@2 constructs`,
    );
  const values: DeployValues = { stack, ...(options.ignoresCdkJson && { context: contextOf(words) }) };
  const output = mkdtempSync(join(tmpdir(), 'ivymail-deploy-'));
  const [program = '', ...first] = cdk;
  try {
    return await exitCodeOf(program, [...first, 'deploy', '--app', app, '--output', output, ...words], {
      cwd,
      env: {
        ...env,
        [DEPLOY_VARIABLE]: JSON.stringify(values),
        // npx keeps this package in a folder of its own. The app must find the library of the current folder from there.
        NODE_PATH: [library, env['NODE_PATH']].filter(Boolean).join(delimiter),
      },
    });
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}
