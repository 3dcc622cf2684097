/**
 * `npm run soak`: the proofs with as many tries as they are made for, some hours of them, and docs/reliability.md of what
 * was seen. `-- --quick` makes the tries of `npm test`. SEED=… repeats a run.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { RECORDS } from './record.ts';
import { reliabilityPage } from './report.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const seed = process.env['SEED'] ?? String(Date.now() % 1_000_000_000);
const env = { ...process.env, SEED: seed, ...(!values.quick && { SOAK: '1' }) };

const STEPS: readonly (readonly string[])[] = [
  ['vitest', 'run', '--project=proof'],
  ['vitest', 'run', '--project=crash'],
  ['vitest', 'run', '--project=integration', 'test/integration/faults'],
  ['tsx', 'test/mutation/main.ts', ...(values.quick ? ['--quick'] : [])],
];

console.log(`seed ${seed}`);
rmSync(RECORDS, { recursive: true, force: true });
const failed = STEPS.filter(([command = '', ...args]) => {
  console.log(`\n${[command, ...args].join(' ')}`);
  return spawnSync(command, args, { stdio: 'inherit', env }).status !== 0;
});
const day = new Date().toISOString().slice(0, 10);
const how = `\`npm run soak${values.quick ? ' -- --quick' : ''}\` on ${day}, seed ${seed}`;
writeFileSync(
  'docs/reliability.md',
  reliabilityPage(failed.length === 0 ? how : `${how}; some of it failed`),
);
spawnSync('oxfmt', ['docs/reliability.md']);
console.log(failed.length === 0 ? '\ndocs/reliability.md is written' : `\n${failed.length} steps failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
