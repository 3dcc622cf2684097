/** Writes docs/generated/supply-chain.md, or prints the page with `--print`. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { table, type Cells } from '../markdown.ts';
import { bundles, broughtBy, LOCKED, lockedAt, MANIFEST, nameOf, type Package } from './packages.ts';
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

function whyDeployed(path: string): string {
  const name = nameOf(path);
  if (MANIFEST.dependencies[name] !== undefined) return reasonOf(name);
  const through = broughtBy(path);
  const sdk = through.filter((each) => each.startsWith('@aws-sdk/'));
  const parents =
    sdk.length > 1 ? ['the AWS SDK', ...through.filter((each) => !sdk.includes(each))] : through;
  return `comes with ${parents.join(', ')}`;
}

function deployedSection(): string {
  const all = bundles();
  const paths = [...new Set([...all.values()].flatMap((packages) => [...packages]))];
  const direct = (path: string): boolean => MANIFEST.dependencies[nameOf(path)] !== undefined;
  const order = paths.toSorted(
    (left, right) => Number(direct(right)) - Number(direct(left)) || (nameOf(left) < nameOf(right) ? -1 : 1),
  );
  return `## What is deployed

The bundles contain ${paths.length} packages: ${paths.filter(direct).length} that \`package.json\` names, and ${paths.length - paths.filter(direct).length} that these depend on. Nothing else is
installed in a Lambda function, and the dashboard loads nothing from other hosts. The AWS SDK is part of the bundles, in the tested version.

${table(
  ['package', 'version', 'license', 'in', 'why'],
  order.map((path) => {
    const { version, license = 'none' } = lockedAt(path);
    return [`\`${nameOf(path)}\``, version, license, placesOf(path, all), whyDeployed(path)];
  }),
)}

${toolsSection(new Set(paths))}`;
}

/** The packages of package.json that no bundle contains. */
function toolsSection(deployed: ReadonlySet<string>): string {
  const named = { ...MANIFEST.dependencies, ...MANIFEST.devDependencies };
  const rows = Object.keys(named)
    .map((name) => `node_modules/${name}`)
    .filter((path) => !deployed.has(path))
    .map((path): Cells => {
      const { version, license = 'none' } = lockedAt(path);
      const name = nameOf(path);
      const kind =
        MANIFEST.dependencies[name] === undefined
          ? 'in this repository'
          : 'in this repository and in CDK apps that use the construct';
      return [`\`${name}\``, version, license, kind, reasonOf(name)];
    });
  return `## What only builds and tests

\`dependencies\` of \`package.json\` are the packages in the bundles, and the bundler. A CDK app that uses the construct bundles from these sources, so it
installs them. \`devDependencies\` are needed only in this repository.

${table(['package', 'version', 'license', 'needed', 'why'], rows)}`;
}

function lockedSection(): string {
  const all = [...LOCKED];
  const inside = all.filter(([, { inBundle }]) => inBundle);
  const licenses = Map.groupBy(all, ([, { license = 'none' }]: readonly [string, Package]) => license);
  return `## What is locked

\`package-lock.json\` locks ${all.length} packages, including those for other operating systems: ${all.length - inside.length} by the SHA-512 of their content, and ${inside.length} inside the
archives of other packages. It names no registry: npm uses the configured registry, and \`npm ci\` refuses a package with another hash.
The Python packages for the local AWS and for tests are pinned by SHA-256 (\`local/requirements.txt\`, \`test/contract/requirements.txt\`,
\`test/runbook/requirements.txt\`, \`test/verify/requirements.txt\`, \`test/outside/clients/requirements.txt\`, \`test/outside/receivers/requirements.txt\`).
The linters of the OpenAPI document, the client generators and the frameworks of the example receivers are locked in a \`package-lock.json\` in the same
two folders of \`test/outside\`. Only \`npm run test:outside\` installs them. The Rust and Java packages that verify signatures are locked in \`test/verify\`.

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

${deployedSection()}

${lockedSection()}

## Check it yourself

- \`npm run --silent sbom > sbom.json\`: the bill of materials, CycloneDX.
- \`npm audit\`: the known advisories for these versions. ${explained.length === 0 ? 'No advisory is excused' : 'The advisories below are excused'}. A test runs it, and is skipped by name and with a reason if the
  registry does not respond.
- Builds are reproducible: two synths make the same template and bundles, byte for byte, in different time zones, languages and folders
  (\`test/lib/synth.test.ts\`). You can compare your deployment with a build of another person from the same commit.
${explained.join('\n')}`;
}

const page = `${supplyChainPage().trimEnd()}\n`;
const formatted = execFileSync('node_modules/.bin/oxfmt', [`--stdin-filepath=${PAGE}`], { input: page });
if (process.argv.includes('--print')) process.stdout.write(formatted);
else writeFileSync(PAGE, formatted);
