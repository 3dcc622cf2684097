/**
 * `npm run mutation`: mutates every place of the most important files, and writes the results to docs/generated/mutation.md.
 * `-- --quick` is a step of `npm test`. It mutates only the smaller files and writes no page.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { recordFigures } from '../../pages/reliability/records.ts';
import { ALL, QUICK } from './files.ts';
import { findProblems, mutationPage, percent, readResults, sum } from '../../pages/mutation/page.ts';

const REPORT = '.local/mutation.json';
const MINIMUM_SCORE = 0.95;

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const files = values.quick ? QUICK : ALL;

rmSync(REPORT, { force: true });
const { status } = spawnSync('stryker', ['run', 'test/mutation/stryker.json', '--mutate', files.join(',')], {
  stdio: ['ignore', 'inherit', 'inherit'],
  // Not UTC, so that the tests notice code that uses the local time zone by mistake.
  env: { ...process.env, TZ: 'Asia/Kolkata' },
});
if (status !== 0) throw new Error(`Stryker ended with status ${status}`);

const results = readResults(REPORT);
const all = sum(results);
recordFigures('mutation', {
  files: results.length,
  mutations: all.tried,
  'noticed by a test': all.noticed,
  'not noticed, with an explanation': all.tried - all.noticed,
  score: percent(all),
});
const problems = findProblems(results, MINIMUM_SCORE);
for (const problem of problems) console.error(problem);
console.log(`The tests noticed ${all.noticed} of ${all.tried} mutations, ${percent(all)}`);
process.exitCode = problems.length === 0 ? 0 : 1;

if (!values.quick) {
  writeFileSync('docs/generated/mutation.md', mutationPage(results));
  spawnSync('oxfmt', ['docs/generated/mutation.md']);
}
