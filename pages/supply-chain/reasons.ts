/** The reason for each package of package.json, and the allowed licenses and install scripts. */

export const REASONS: Readonly<Record<string, string>> = {
  '@aws-lambda-powertools/logger': 'one JSON line for each invocation',
  '@aws-sdk/client-dynamodb': 'the table',
  '@aws-sdk/client-kms': 'encrypts and decrypts the secrets of webhooks',
  '@aws-sdk/client-sesv2': 'sends emails, and stops and starts sending with the configuration set',
  '@aws-sdk/client-sfn': 'starts deliveries',
  '@aws-sdk/client-sqs':
    'sends rows that cannot be dispatched to the dead-letter queue; the admin command redrives them',
  '@aws-sdk/lib-dynamodb': 'rows as plain objects',
  '@aws-sdk/util-dynamodb': 'reads the rows of the table’s stream',
  '@middy/core': 'runs the logger’s middleware in the api function',
  '@smithy/core': 'the SDK’s own lists of transient errors',
  '@preact/signals': 'state of the dashboard',
  esbuild: 'bundles the functions, the dashboard and the npm package',
  'ipaddr.js': 'parses IP addresses for the address guard',
  preact: 'renders the dashboard',
  'wouter-preact': 'routes of the dashboard',
  zod: 'schemas of requests (zod/mini) and of the stack’s options',

  '@aws-sdk/client-cloudformation': 'finds the deployment for the admin command',
  '@aws-sdk/client-lambda':
    '`admin redrive` invokes dispatch, and `admin doctor` checks the event source mappings',
  '@aws-sdk/client-ses': '`admin doctor` reads the notification settings of an identity',
  '@aws-sdk/client-sns':
    'dispatch notifies the alarm topic, the local SES publishes events, and `admin doctor` checks the subscriptions',
  '@stryker-mutator/core': 'mutation tests',
  '@stryker-mutator/vitest-runner': 'runs the tests for Stryker',
  '@types/aws-lambda': 'types',
  '@types/node': 'types',
  'aws-cdk': 'synthesizes and deploys',
  'aws-cdk-lib': 'the constructs; a CDK app that uses the construct has it too',
  'axe-core': 'accessibility of the dashboard, in tests',
  'cdk-nag': 'AWS’s rules over the template, in tests',
  constructs: 'the constructs; a CDK app that uses the construct has it too',
  'fast-check': 'generated inputs, in tests',
  fflate: 'makes the zip files of the functions, the same bytes on every machine',
  'json-schema-to-typescript': 'generates the types of webhook bodies from the schemas of the API',
  knip: 'finds dead code',
  marked: 'renders the documentation site',
  node: 'the Node version of Lambda, for every command of this repository',
  oxfmt: 'formats',
  oxlint: 'lints',
  'oxlint-tsgolint': 'lints with types',
  picocolors: 'colors of the command',
  'playwright-core': 'drives the browser, in tests',
  standardwebhooks: 'the inbox of the local run verifies our signatures with a library that is not ours',
  svix: 'a library that must accept our signatures, in tests',
  tsx: 'runs TypeScript',
  typescript: 'checks types',
  vitest: 'runs tests',
};

/** Licenses that require only their text, and the licenses of Python, which also require a summary of modifications. */
export const PERMISSIVE: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'MIT-0',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
]);

export interface LicenseException {
  /** Names of packages. */
  readonly names: RegExp;
  readonly license: string;
  readonly why: string;
}

/**
 * MPL requires the source of modifications, and CC-BY requires attribution when the work is distributed. We neither modify nor
 * distribute these packages.
 */
export const LICENSE_EXCEPTIONS: readonly LicenseException[] = [
  { names: /^axe-core$/, license: 'MPL-2.0', why: 'runs in tests of the dashboard' },
  { names: /^lightningcss(?:-[\w-]+)?$/, license: 'MPL-2.0', why: 'comes with vitest, which runs tests' },
  { names: /^caniuse-lite$/, license: 'CC-BY-4.0', why: 'comes with Stryker, which runs the mutation tests' },
];

/** Packages that may run a script when they are installed. */
export const SCRIPT_REASONS: Readonly<Record<string, string>> = {
  esbuild:
    'makes `node_modules/.bin/esbuild` start the binary directly. The binary is a package of the lockfile. The script downloads it only if npm omits optional packages',
  node: 'installs `node-<system>-<cpu>` of the same version. **That package is not in the lockfile**: its version is exact, but its hash comes from the registry',
};

/** Advisories of `npm audit` that do not affect this project: the reason by the URL of the advisory. */
export const ADVISORIES: Readonly<Record<string, string>> = {};
