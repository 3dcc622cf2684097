/**
 * `npm run soak`: runs all proofs with their full number of tries, which takes hours, and writes docs/generated/reliability.md.
 * `-- --quick` makes only the tries of `npm test`. `SEED=…` repeats a run.
 */
import { spawn, spawnSync } from 'node:child_process';
import { globSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { RECORDS } from '../../pages/reliability/records.ts';
import { reliabilityPage } from '../../pages/reliability/page.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const seed = process.env['SEED'] ?? String(Date.now() % 1_000_000_000);
const env = { ...process.env, SEED: seed, ...(!values.quick && { SOAK: '1' }) };

/** These four take hours. They do not compare memory or times, so they may run in parallel with others. */
const LEDGER = 'test/proof/ledger/ledger.test.ts';
const GUARD = 'test/proof/guard/guard.test.ts';
const SIGNATURES = 'test/proof/signatures.test.ts';
const PARSERS = 'test/proof/parsers.test.ts';
const OTHERS = globSync('test/proof/**/*.test.ts').filter(
  (file) => ![LEDGER, GUARD, SIGNATURES, PARSERS].includes(file) && !file.startsWith('test/proof/crash/'),
);

function proofs(...files: readonly string[]): string {
  return `vitest run --project=proof ${files.join(' ')}`;
}

/**
 * The rounds run one after the other, the short ones first. The commands of one round run in parallel. The ledger has its own round,
 * because it uses all processors.
 */
const ROUNDS: readonly (readonly string[])[] = [
  ['vitest run --project=integration test/integration/faults'],
  [proofs(...OTHERS)],
  ['vitest run --project=crash'],
  ['vitest run --project=outside test/outside/signatures.test.ts'],
  [`tsx test/mutation/main.ts${values.quick ? ' --quick' : ''}`],
  [proofs(GUARD), proofs(SIGNATURES, PARSERS)],
  [proofs(LEDGER)],
];

function run(command: string): Promise<number> {
  console.log(`\n${command}`);
  const started = Date.now();
  return new Promise((done) => {
    spawn(command, { stdio: 'inherit', env, shell: true }).on('close', (code) => {
      console.log(`${code === 0 ? '✓' : '✗'} ${command} (${Math.round((Date.now() - started) / 1000)} s)`);
      done(code ?? 1);
    });
  });
}

console.log(`seed ${seed}`);
rmSync(RECORDS, { recursive: true, force: true });
const codes: number[] = [];
for (const round of ROUNDS) codes.push(...(await Promise.all(round.map((command) => run(command)))));
const failed = codes.filter((code) => code !== 0).length;

const day = new Date().toISOString().slice(0, 10);
const command = `\`npm run soak${values.quick ? ' -- --quick' : ''}\` on ${day}, seed ${seed}`;
const title = failed === 0 ? command : `${command}; some of it failed`;
const share = values.quick
  ? '`npm test` makes the same number of tries. `npm run soak` makes up to a hundred times as many.'
  : '`npm test` runs all of these tests, with at least a hundredth of the tries (the guard) and at most the same number (logs, permissions).';
writeFileSync('docs/generated/reliability.md', reliabilityPage({ run: title, share }));
spawnSync('oxfmt', ['docs/generated/reliability.md']);
console.log(failed === 0 ? '\ndocs/generated/reliability.md was written' : `\n${failed} steps failed`);
process.exitCode = failed === 0 ? 0 : 1;
