// `npm test`: installs what is missing, then runs types, lint, format, dead code, unit and template tests, the proofs of docs/guarantees.md, and
// integration and browser tests on the deployed stack. It needs Node, Python and Chromium.
// `npm run test:outside` (`--outside`): the tests that need another toolchain, or an installation of their own. `--all` runs both, as `.ci/run` does.
// Names of steps run only these steps: `npm test -- unit`. The last line is always `N passed, N failed`, for everything that ran.
// Plain JavaScript on purpose: it runs before anything is installed, on any Node from 20 on.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install } from '../local/install.mjs';

const root = resolve(fileURLToPath(import.meta.url), '../..');
const bin = join(root, 'node_modules', '.bin');

/** Each check counts as one test; the vitest runs count their own. */
const INSIDE = [
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'types of the dashboard', command: ['tsc', '--noEmit', '--project', 'dashboard'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--report-unused-disable-directives-severity=error'] },
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'dead code', command: ['knip'] },
  { name: 'unit', vitest: 'unit' },
  { name: 'template', vitest: 'template' },
  { name: 'proof', vitest: 'proof' },
  { name: 'crash', vitest: 'crash' },
  { name: 'mutation', command: ['tsx', 'test/mutation/main.ts', '--quick'] },
  { name: 'integration', vitest: 'integration' },
  { name: 'browser', vitest: 'browser' },
];
const OUTSIDE = [
  { name: 'outside', vitest: 'outside' },
  { name: 'outside-stack', vitest: 'outside-stack' },
];
const CHOICES = { '--outside': OUTSIDE, '--all': [...INSIDE, ...OUTSIDE] };

/** The steps that the arguments choose. */
function chooseSteps(args) {
  const choice = args.find((argument) => argument.startsWith('--'));
  const steps = choice === undefined ? INSIDE : CHOICES[choice];
  const names = args.filter((argument) => argument !== choice);
  const unknown =
    steps === undefined ? choice : names.find((name) => !steps.some((step) => step.name === name));
  if (unknown !== undefined) throw new Error(`Unknown option or step: ${unknown}`);
  return names.length === 0 ? steps : steps.filter(({ name }) => names.includes(name));
}

function run(command) {
  return new Promise((done) => {
    const child = spawn(join(bin, command[0]), command.slice(1), {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      // Our Node first: the tools, and what they start, run on the Node of package.json.
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
    });
    child.on('error', () => done(1));
    child.on('close', (code) => done(code ?? 1));
  });
}

async function runVitest(project) {
  const reports = mkdtempSync(join(tmpdir(), 'ivymail-test-'));
  const report = join(reports, 'report.json');
  const code = await run([
    'vitest',
    'run',
    `--project=${project}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
    // A file that does not load has no tests to fail, but fails the run.
    return { passed: numPassedTests, failed: code === 0 ? numFailedTests : Math.max(1, numFailedTests) };
  } catch {
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

function conclude({ passed, failed }) {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

let steps = [];
try {
  steps = chooseSteps(process.argv.slice(2));
  await install();
} catch (error) {
  console.error(error.message);
  conclude({ passed: 0, failed: 1 });
}
const total = { passed: 0, failed: 0 };
for (const step of steps) {
  const started = Date.now();
  const { passed, failed } = step.vitest
    ? await runVitest(step.vitest)
    : await run(step.command).then((code) =>
        code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 },
      );
  total.passed += passed;
  total.failed += failed;
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${failed === 0 ? '✓' : '✗'} ${step.name} (${seconds} s)`);
}
conclude(total);
