/** Why each package that package.json names is there, and what may be there at all. */

export const REASONS: Readonly<Record<string, string>> = {
  '@aws-lambda-powertools/logger': 'one JSON line for each invocation',
  '@aws-sdk/client-dynamodb': 'the table',
  '@aws-sdk/client-kms': 'seals and opens the secrets of webhooks',
  '@aws-sdk/client-sesv2': 'sends mail',
  '@aws-sdk/client-sfn': 'starts deliveries',
  '@aws-sdk/client-sqs': 'leaves what cannot be dispatched; the admin command redrives',
  '@aws-sdk/lib-dynamodb': 'rows as plain objects',
  '@aws-sdk/util-dynamodb': 'rows as the table’s stream has them',
  '@middy/core': 'carries the logger’s middleware in the api function',
  '@smithy/core': 'the SDK’s own lists of the errors that pass by themselves',
  '@preact/signals': 'state of the dashboard',
  esbuild: 'bundles the functions and the dashboard when the app is synthesized, in whosever CDK app that is',
  'ipaddr.js': 'reads addresses for the guard',
  preact: 'draws the dashboard',
  uplot: 'draws its charts',
  'wouter-preact': 'its addresses',
  zod: 'schemas: of requests (zod/mini), of the stack’s options',

  '@aws-sdk/client-cloudformation': 'the admin command finds the deployment by it',
  '@aws-sdk/client-lambda':
    '`admin redrive` hands rows to dispatch by it, `admin doctor` looks whether the event sources are read',
  '@aws-sdk/client-ses': '`admin doctor` asks whether an identity has notifications of its own',
  '@aws-sdk/client-sns': 'the local SES publishes by it; `admin doctor` looks who listens',
  '@stryker-mutator/core': 'changes the code, to see whether a test notices',
  '@stryker-mutator/vitest-runner': 'runs our tests for it',
  '@types/aws-lambda': 'types',
  '@types/node': 'types',
  'aws-cdk': 'synthesizes and deploys',
  'aws-cdk-lib': 'the constructs; whoever uses ours brings it',
  'axe-core': 'accessibility of the dashboard, in tests',
  'cdk-nag': 'AWS’s rules over the template, in tests',
  constructs: 'the constructs; whoever uses ours brings it',
  'fast-check': 'generated inputs, in tests',
  knip: 'finds dead code',
  marked: 'makes docs/site of docs',
  node: 'the Node that Lambda runs, for every command here',
  oxfmt: 'formats',
  oxlint: 'lints',
  'oxlint-tsgolint': 'lints with types',
  picocolors: 'colours of `npm start`',
  'playwright-core': 'drives the browser, in tests',
  standardwebhooks: 'a library our signatures must satisfy, in tests',
  svix: 'a library our signatures must satisfy, in tests',
  tsx: 'runs TypeScript',
  typescript: 'checks types',
  vitest: 'runs tests',
};

/** Licences that ask for nothing but their text. */
export const PERMISSIVE: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Unlicense',
]);

export interface LicenseException {
  /** The packages' names. */
  readonly names: RegExp;
  readonly licence: string;
  readonly why: string;
}

/**
 * MPL asks for the source of what was changed of it, CC-BY for the name of who made it where it is handed on: we change
 * nothing, and deploy and hand on none of it.
 */
export const LICENCE_EXCEPTIONS: readonly LicenseException[] = [
  { names: /^axe-core$/, licence: 'MPL-2.0', why: 'runs in tests of the dashboard' },
  { names: /^lightningcss(?:-[\w-]+)?$/, licence: 'MPL-2.0', why: 'comes with vitest, which runs tests' },
  { names: /^caniuse-lite$/, licence: 'CC-BY-4.0', why: 'comes with Stryker, which changes code in tests' },
];

/** Packages that may run a script when they are installed. */
export const SCRIPT_REASONS: Readonly<Record<string, string>> = {
  esbuild:
    'puts its program where `node_modules/.bin/esbuild` starts it at once; the program itself is a package of the lockfile (and is fetched where npm was told to leave optional packages out)',
  node: 'fetches `node-<system>-<cpu>` of the same version. **That package is not in the lockfile**: its version is exact, its hash is the registry’s word',
};

/** Advisories that `npm audit` tells and that do not concern us, by their address, with why. */
export const ADVISORIES: Readonly<Record<string, string>> = {};
