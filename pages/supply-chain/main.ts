/** Writes docs/generated/supply-chain.md; with `--print`, to standard output. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { table, type Cells } from '../markdown.ts';
import { bundles, broughtBy, LOCKED, lockedAt, MANIFEST, nameOf, type Package } from './packages.ts';
import { ADVISORIES, LICENCE_EXCEPTIONS, PERMISSIVE, REASONS, SCRIPT_REASONS } from './reasons.ts';

const PAGE = 'docs/generated/supply-chain.md';

function reasonOf(name: string): string {
  const reason = REASONS[name];
  if (reason === undefined)
    throw new Error(`Nobody has said why ${name} is there: pages/supply-chain/reasons.ts`);
  return reason;
}

/** `all seven`, or which. */
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
  const told = sdk.length > 1 ? ['the AWS SDK', ...through.filter((each) => !sdk.includes(each))] : through;
  return `comes with ${told.join(', ')}`;
}

function deployedSection(): string {
  const all = bundles();
  const paths = [...new Set([...all.values()].flatMap((packages) => [...packages]))];
  const direct = (path: string): boolean => MANIFEST.dependencies[nameOf(path)] !== undefined;
  const order = paths.toSorted(
    (left, right) => Number(direct(right)) - Number(direct(left)) || (nameOf(left) < nameOf(right) ? -1 : 1),
  );
  return `## What is deployed

${paths.length} packages, as esbuild found them in the bundles: ${paths.filter(direct).length} that \`package.json\` names, and ${paths.length - paths.filter(direct).length} that come with them. Nothing else is
installed where a function runs, and the dashboard loads nothing from elsewhere. The SDK is in the bundles, too, in the version tested.

${table(
  ['package', 'version', 'licence', 'in', 'why'],
  order.map((path) => {
    const { version, license = 'none' } = lockedAt(path);
    return [`\`${nameOf(path)}\``, version, license, placesOf(path, all), whyDeployed(path)];
  }),
)}

${toolsSection(new Set(paths))}`;
}

/** What package.json names and no bundle has. */
function toolsSection(deployed: ReadonlySet<string>): string {
  const named = { ...MANIFEST.dependencies, ...MANIFEST.devDependencies };
  const rows = Object.keys(named)
    .map((name) => `node_modules/${name}`)
    .filter((path) => !deployed.has(path))
    .map((path): Cells => {
      const { version, license = 'none' } = lockedAt(path);
      const name = nameOf(path);
      const kind = MANIFEST.dependencies[name] === undefined ? 'here' : 'here, and where a CDK app uses ours';
      return [`\`${name}\``, version, license, kind, reasonOf(name)];
    });
  return `## What only builds and tests

\`dependencies\` of \`package.json\` are what the bundles are made of, with what makes them: a CDK app that uses our construct bundles from these
sources, so it installs them. \`devDependencies\` are needed in this repository alone.

${table(['package', 'version', 'licence', 'needed', 'why'], rows)}`;
}

function lockedSection(): string {
  const all = [...LOCKED];
  const inside = all.filter(([, { inBundle }]) => inBundle);
  const licences = Map.groupBy(all, ([, { license = 'none' }]: readonly [string, Package]) => license);
  return `## What is locked

\`package-lock.json\` has ${all.length} packages, those for other systems included; ${all.length - inside.length} with a SHA-512 of their content, and ${inside.length} inside the archives
of those. It names no address: they come from the registry that npm is set to, and \`npm ci\` refuses what has another hash.
What Python needs for the local AWS, and for tests, is pinned by SHA-256 (\`local/requirements.txt\`, \`test/contract/requirements.txt\`,
\`test/runbook/requirements.txt\`, \`test/verify/requirements.txt\`, \`test/outside/clients/requirements.txt\`, \`test/outside/receivers/requirements.txt\`).
What lints the OpenAPI document, what generates clients from it, and the frameworks of the example receivers are locked in a \`package-lock.json\`
in the same two folders below \`test/outside\`, and installed by \`npm run test:outside\` only. What Rust and Java need to verify signatures is locked by lock file and hash below \`test/verify\`.

Licences: ${[...licences]
    .toSorted(([, left], [, right]) => right.length - left.length)
    .map(([licence, each]) => `${licence} ${each.length}`)
    .join(', ')}. Allowed is what asks for nothing but its text (${[...PERMISSIVE].join(', ')}), and by name:

${table(
  ['package', 'licence', 'why'],
  LICENCE_EXCEPTIONS.map(({ names, licence, why }) => {
    const found = all.filter(([path]) => names.test(nameOf(path))).map(([path]) => nameOf(path));
    const rest = found.length > 1 ? ` and ${found.length - 1} for systems of all kinds` : '';
    return [`\`${found[0]}\`${rest}`, licence, `${why}; nothing of it is deployed, and nothing changed`];
  }),
)}

These run a script when they are installed, and no other does:

${table(
  ['package', 'what the script does'],
  Object.entries(SCRIPT_REASONS).map(([name, what]) => [`\`${name}\``, what]),
)}`;
}

function supplyChainPage(): string {
  const explained = Object.entries(ADVISORIES).map(([address, why]) => `- ${address}: ${why}`);
  return `# Supply chain

Made by \`npm run supply-chain\` from the lockfile and from what esbuild bundles. Tests fail where it is out of date, and where anything said here
does not hold (\`test/pages/supply-chain.test.ts\`).

${deployedSection()}

${lockedSection()}

## Look for yourself

- \`npm run --silent sbom > sbom.json\`: the bill of materials, CycloneDX.
- \`npm audit\`: what is known of these versions. ${explained.length === 0 ? 'Nothing is excused' : 'Excused are the ones below'}; a test asks, and is skipped, by name and with the reason, where the
  registry does not answer.
- Two synths are byte-equal, template and bundles, in other time zones, languages and folders (\`test/lib/synth.test.ts\`): what you deploy can be
  held against what somebody else built from the same commit.
${explained.join('\n')}`;
}

const page = `${supplyChainPage().trimEnd()}\n`;
const formatted = execFileSync('node_modules/.bin/oxfmt', [`--stdin-filepath=${PAGE}`], { input: page });
if (process.argv.includes('--print')) process.stdout.write(formatted);
else writeFileSync(PAGE, formatted);
