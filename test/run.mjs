// Runs the tests. It installs missing packages first, so it works on a fresh clone. The last line is always `N passed, N failed`.
//
//   npm run check          the fast steps: types, lint, format and unit tests
//   npm test               every step of `TEST_STEPS`, which needs Node, Python and Chromium
//   npm run test:outside   the steps that need another toolchain, an installation of their own, or an earlier release (`--outside`)
//   .ci/run                all steps (`--all`)
//   npm test -- unit lint  only the named steps
//
// Plain JavaScript, because it runs before anything is installed, on any Node from version 20.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install } from '../local/install.mjs';

const root = resolve(fileURLToPath(import.meta.url), '../..');
const bin = join(root, 'node_modules', '.bin');

/** A step with a `command` counts as one test. A step with a `vitest` project counts the tests of that project. */
const STATIC_STEPS = [
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'types of the dashboard', command: ['tsc', '--noEmit', '--project', 'dashboard'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--report-unused-disable-directives-severity=error'] },
  { name: 'format', command: ['oxfmt', '--check'] },
];
const UNIT_STEP = { name: 'unit', vitest: 'unit' };
const CHECK_STEPS = [...STATIC_STEPS, UNIT_STEP];
const TEST_STEPS = [
  ...STATIC_STEPS,
  { name: 'dead code', command: ['knip'] },
  UNIT_STEP,
  { name: 'template', vitest: 'template' },
  { name: 'proof', vitest: 'proof' },
  { name: 'crash', vitest: 'crash' },
  { name: 'mutation', command: ['tsx', 'test/mutation/main.ts', '--quick'] },
  { name: 'integration', vitest: 'integration' },
  { name: 'browser', vitest: 'browser' },
];
const OUTSIDE_STEPS = [
  { name: 'upgrade', vitest: 'upgrade' },
  { name: 'outside', vitest: 'outside' },
  { name: 'outside-stack', vitest: 'outside-stack' },
  { name: 'firefox', vitest: 'firefox' },
];
const STEPS_OF_OPTION = {
  '--check': CHECK_STEPS,
  '--outside': OUTSIDE_STEPS,
  '--all': [...TEST_STEPS, ...OUTSIDE_STEPS],
};

/** Returns the steps that the arguments select. Throws an Error that lists the options or steps if an argument is unknown. */
function selectSteps(args) {
  const option = args.find((argument) => argument.startsWith('-'));
  const steps = option === undefined ? TEST_STEPS : STEPS_OF_OPTION[option];
  if (steps === undefined)
    throw new Error(`Unknown option: ${option}\nOptions: ${Object.keys(STEPS_OF_OPTION).join(', ')}`);
  const names = args.filter((argument) => argument !== option);
  const stepNames = steps.map(({ name }) => name);
  const unknown = names.filter((name) => !stepNames.includes(name));
  if (unknown.length > 0)
    throw new Error(`Unknown step: ${unknown.join(', ')}\nSteps: ${stepNames.join(', ')}`);
  return names.length === 0 ? steps : steps.filter(({ name }) => names.includes(name));
}

function run(command) {
  return new Promise((done) => {
    const child = spawn(join(bin, command[0]), command.slice(1), {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      // The tools and their child processes find the Node version of package.json first.
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
    // A test file that does not load reports no failed test, but vitest exits with an error. Count it as one failure.
    return { passed: numPassedTests, failed: code === 0 ? numFailedTests : Math.max(1, numFailedTests) };
  } catch {
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

function exitWithTotal({ passed, failed }) {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

let steps = [];
try {
  steps = selectSteps(process.argv.slice(2));
  await install();
} catch (error) {
  console.error(error.message);
  exitWithTotal({ passed: 0, failed: 1 });
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
exitWithTotal(total);
