/**
 * `npm run mutation`: changes each place of the files that matter most, and writes docs/generated/mutation.md of what the tests noticed.
 * `-- --quick` changes only the smaller files, and writes nothing: a step of `npm test`.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { recordFigures } from '../../pages/reliability/records.ts';
import { ALL, QUICK } from './files.ts';
import { complaints, mutationPage, percent, readResults, sum } from '../../pages/mutation/page.ts';

const REPORT = '.local/mutation.json';
const AT_LEAST = 0.95;

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const files = values.quick ? QUICK : ALL;

rmSync(REPORT, { force: true });
const { status } = spawnSync('stryker', ['run', 'test/mutation/stryker.json', '--mutate', files.join(',')], {
  stdio: ['ignore', 'inherit', 'inherit'],
  // Not UTC: a zone that is forgotten shows.
  env: { ...process.env, TZ: 'Asia/Kolkata' },
});
if (status !== 0) throw new Error(`Stryker ended with ${status}`);

const results = readResults(REPORT);
const all = sum(results);
recordFigures('mutation', {
  files: results.length,
  changes: all.tried,
  'noticed by a test': all.noticed,
  'not noticed, and explained': all.tried - all.noticed,
  score: percent(all),
});
const wrong = complaints(results, AT_LEAST);
for (const complaint of wrong) console.error(complaint);
console.log(`${all.noticed} of ${all.tried} changes noticed, ${percent(all)}`);
process.exitCode = wrong.length === 0 ? 0 : 1;

if (!values.quick) {
  writeFileSync('docs/generated/mutation.md', mutationPage(results));
  spawnSync('oxfmt', ['docs/generated/mutation.md']);
}
