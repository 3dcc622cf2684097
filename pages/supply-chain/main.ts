/** Writes docs/generated/supply-chain.md, or prints the page with `--print`. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { table, type Cells } from '../markdown.ts';
import {
  broughtBy,
  deployedBundles,
  LOCKED,
  lockedAt,
  MANIFEST,
  nameOf,
  toolBundles,
  type Package,
} from './packages.ts';
import { ADVISORIES, LICENSE_EXCEPTIONS, PERMISSIVE, REASONS, SCRIPT_REASONS } from './reasons.ts';

const PAGE = 'docs/generated/supply-chain.md';

function reasonOf(name: string): string {
  const reason = REASONS[name];
  if (reason === undefined) throw new Error(`pages/supply-chain/reasons.ts has no reason for ${name}`);
  return reason;
}

/** The bundles that contain a package: `every function`, or their names. */
function placesOf(path: string, all: ReadonlyMap<string, ReadonlySet<string>>): string {
  const places = [...all].filter(([, packages]) => packages.has(path)).map(([name]) => name);
  const functions = places.filter((name) => name !== 'dashboard');
  const every = functions.length === all.size - 1;
  return [...(every ? ['every function'] : functions), ...places.filter((name) => name === 'dashboard')].join(
    ', ',
  );
}

/** Whether package.json names the package. */
function isNamed(path: string): boolean {
  return MANIFEST.devDependencies[nameOf(path)] !== undefined;
}

/** Why a package is in a bundle. `named`: the packages of package.json that are in the same bundles. */
function whyBundled(path: string, named: readonly string[]): string {
  const name = nameOf(path);
  if (isNamed(path)) return reasonOf(name);
  const through = broughtBy(path, named);
  const sdk = through.filter((each) => each.startsWith('@aws-sdk/'));
  const parents =
    sdk.length > 1 ? ['the AWS SDK', ...through.filter((each) => !sdk.includes(each))] : through;
  return `comes with ${parents.join(', ')}`;
}

/** The packages of bundles: first those that package.json names, then the others. */
function bundledPaths(bundles: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const paths = [...new Set([...bundles.values()].flatMap((packages) => [...packages]))];
  return paths.toSorted(
    (left, right) =>
      Number(isNamed(right)) - Number(isNamed(left)) || (nameOf(left) < nameOf(right) ? -1 : 1),
  );
}

function bundledTable(
  paths: readonly string[],
  placesOfPath: (path: string) => string,
  named: readonly string[],
): string {
  return table(
    ['package', 'version', 'license', 'in', 'why'],
    paths.map((path) => {
      const { version, license = 'none' } = lockedAt(path);
      return [`\`${nameOf(path)}\``, version, license, placesOfPath(path), whyBundled(path, named)];
    }),
  );
}

function bundledSections(): string {
  const deployed = deployedBundles();
  const tools = toolBundles();
  const deployedPaths = bundledPaths(deployed);
  const toolPaths = bundledPaths(tools).filter((path) => !deployedPaths.includes(path));
  const named = [...deployedPaths, ...toolPaths].filter(isNamed).map(nameOf);
  const direct = deployedPaths.filter(isNamed);
  return `## What is deployed

The bundles contain ${deployedPaths.length} packages: ${direct.length} that \`package.json\` names, and ${deployedPaths.length - direct.length} that these depend on. Nothing else is
installed in a Lambda function, and the dashboard loads nothing from other hosts. The AWS SDK is part of the bundles, in the tested version.

${bundledTable(deployedPaths, (path) => placesOf(path, deployed), named)}

## What else the npm package contains

\`npm i ivymail-events\` installs no other package: the construct, the webhook module and the command are bundles, too. The construct needs \`aws-cdk-lib\`
and \`constructs\`, which a CDK app has. They are optional peer dependencies, so a webhook receiver does not install them. \`dist/THIRD-PARTY-NOTICES.txt\`
contains the license of every bundled package. These packages are only in the bundles that are not deployed:

${bundledTable(
  toolPaths,
  (path) =>
    [...tools]
      .filter(([, packages]) => packages.has(path))
      .map(([name]) => name)
      .join(', '),
  named,
)}

${toolsSection(new Set([...deployedPaths, ...toolPaths]))}`;
}

/** The packages of package.json that no bundle contains. */
function toolsSection(bundled: ReadonlySet<string>): string {
  const rows = Object.keys(MANIFEST.devDependencies)
    .map((name) => `node_modules/${name}`)
    .filter((path) => !bundled.has(path))
    .map((path): Cells => {
      const { version, license = 'none' } = lockedAt(path);
      return [`\`${nameOf(path)}\``, version, license, reasonOf(nameOf(path))];
    });
  return `## What only builds and tests

${table(['package', 'version', 'license', 'why'], rows)}`;
}

function lockedSection(): string {
  const all = [...LOCKED];
  const inside = all.filter(([, { inBundle }]) => inBundle);
  const licenses = Map.groupBy(all, ([, { license = 'none' }]: readonly [string, Package]) => license);
  return `## What is locked

\`package-lock.json\` locks ${all.length} packages, including those for other operating systems: ${all.length - inside.length} by the SHA-512 of their content, and ${inside.length} inside the
archives of other packages. It names no registry: npm uses the configured registry, and \`npm ci\` refuses a package with another hash.
The Python packages for the local AWS and for tests are pinned by SHA-256 (\`local/requirements.txt\`, \`local/node-requirements.txt\`, \`test/contract/requirements.txt\`,
\`test/runbook/requirements.txt\`, \`test/verify/requirements.txt\`, \`test/outside/cfn-lint/requirements.txt\`,
\`test/outside/clients/requirements.txt\`, \`test/outside/receivers/requirements.txt\`).
The linters of the OpenAPI document and of the npm package, the client generators and the frameworks of the example receivers are locked in a
\`package-lock.json\` in their folders of \`test/outside\`. Only \`npm run test:outside\` installs them. The Rust and Java packages that verify signatures are locked in \`test/verify\`.

Licenses: ${[...licenses]
    .toSorted(([, left], [, right]) => right.length - left.length)
    .map(([license, each]) => `${license} ${each.length}`)
    .join(
      ', ',
    )}. Allowed are the licenses that require only their text (${[...PERMISSIVE].join(', ')}), and these packages by name:

${table(
  ['package', 'license', 'why'],
  LICENSE_EXCEPTIONS.map(({ names, license, why }) => {
    const found = all.filter(([path]) => names.test(nameOf(path))).map(([path]) => nameOf(path));
    const rest = found.length > 1 ? ` and ${found.length - 1} for other operating systems` : '';
    return [`\`${found[0]}\`${rest}`, license, `${why}; it is neither deployed nor modified`];
  }),
)}

Only these packages run a script when they are installed:

${table(
  ['package', 'what the script does'],
  Object.entries(SCRIPT_REASONS).map(([name, what]) => [`\`${name}\``, what]),
)}`;
}

function supplyChainPage(): string {
  const explained = Object.entries(ADVISORIES).map(([address, why]) => `- ${address}: ${why}`);
  return `# Supply chain

Made by \`npm run supply-chain\` from the lockfile and from the contents of the bundles. Tests fail if this page is out of date or if one of its
statements is false (\`test/pages/supply-chain.test.ts\`).

${bundledSections()}

${lockedSection()}

## Check it yourself

- \`npm run --silent sbom > sbom.json\`: the bill of materials, CycloneDX.
- \`npm audit\`: the known advisories for these versions. ${explained.length === 0 ? 'No advisory is excused' : 'The advisories below are excused'}. A test runs it, and is skipped by name and with a reason if the
  registry does not respond.
- Builds are reproducible: two synths make the same template and bundles, byte for byte, in different time zones, languages and folders
  (\`test/lib/reproducible.test.ts\`). You can compare your deployment with a build of another person from the same commit.
${explained.join('\n')}`;
}

const page = `${supplyChainPage().trimEnd()}\n`;
const formatted = execFileSync('node_modules/.bin/oxfmt', [`--stdin-filepath=${PAGE}`], { input: page });
if (process.argv.includes('--print')) process.stdout.write(formatted);
else writeFileSync(PAGE, formatted);
