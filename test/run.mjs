// Runs the tests. It installs missing packages first, so it works on a fresh clone. At the end, it repeats what failed. The last line is always `N passed, N failed`.
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
import { failuresOfReport, lastLines } from './failures.mjs';

const root = resolve(fileURLToPath(import.meta.url), '../..');
const bin = join(root, 'node_modules', '.bin');

/** The commands write into a pipe, so they do not see whether a person reads the output. */
const COLORS = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};

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

/** Runs a command and shows its output. Returns its exit code and the last lines of the output. */
function run(command) {
  return new Promise((done) => {
    let output = '';
    const child = spawn(join(bin, command[0]), command.slice(1), {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      // The tools and their child processes find the Node version of package.json first.
      env: { ...COLORS, ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
    });
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      from.setEncoding('utf8').on('data', (text) => {
        to.write(text);
        output = (output + text).slice(-20_000);
      });
    }
    child.on('error', (error) => done({ code: 1, output: error.message }));
    child.on('exit', (code) => {
      const end = () => done({ code: code ?? 1, output: lastLines(output) });
      child.on('close', end);
      // A process that the command left behind would keep the pipes open without end.
      setTimeout(end, 5_000).unref();
    });
  });
}

/** Runs a step that is one command. */
async function runCommand({ name, command }) {
  const { code, output } = await run(command);
  return code === 0 ? { passed: 1, failures: [] } : { passed: 0, failures: [{ name, message: output }] };
}

/** Runs a step that is a project of vitest. */
async function runVitest({ name, vitest: project }) {
  const reports = mkdtempSync(join(tmpdir(), 'ivymail-test-'));
  const report = join(reports, 'report.json');
  const { code, output } = await run([
    'vitest',
    'run',
    `--project=${project}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  // Vitest can also fail outside of every test and file, for example in the global setup.
  const unexplained = { name, message: output };
  try {
    const results = JSON.parse(readFileSync(report, 'utf8'));
    const failures = failuresOfReport(results, root);
    return {
      passed: results.numPassedTests,
      failures: code !== 0 && failures.length === 0 ? [unexplained] : failures,
    };
  } catch {
    return { passed: 0, failures: [unexplained] };
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

function exitWithTotal({ passed, failures }) {
  for (const { name, message } of failures) console.log(`\n✗ ${name}\n${message}`);
  console.log(`\n${passed} passed, ${failures.length} failed`);
  process.exit(failures.length === 0 ? 0 : 1);
}

let steps = [];
try {
  steps = selectSteps(process.argv.slice(2));
  await install();
} catch (error) {
  exitWithTotal({ passed: 0, failures: [{ name: 'start', message: error.message }] });
}
const total = { passed: 0, failures: [] };
for (const step of steps) {
  const started = Date.now();
  const { passed, failures } = await (step.vitest ? runVitest(step) : runCommand(step));
  total.passed += passed;
  total.failures.push(...failures);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${failures.length === 0 ? '✓' : '✗'} ${step.name} (${seconds} s)`);
}
exitWithTotal(total);
