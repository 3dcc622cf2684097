import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { importTime } from './import-time.ts';
import { ingestCost, storedFigures } from './ingest.ts';
import { localRun } from './local-run.ts';
import { readCost } from './reads.ts';
import { startTime } from './start.ts';
import { webhookCost } from './webhook.ts';

// Inside the project, because external packages of a bundle are resolved from its folder.
const directory = mkdtempSync(join(process.cwd(), '.local-bench-'));

function line(figure: Figure): string {
  const value = figure.value.toFixed(figure.value < 1 ? 3 : 2);
  const goal =
    figure.goal === undefined
      ? ''
      : figure.value <= figure.goal
        ? `≤ ${figure.goal} ✓`
        : `≤ ${figure.goal} ✗`;
  return `${figure.name.padEnd(92)} ${value.padStart(8)} ${figure.unit.padEnd(6)} ${goal.padEnd(10)} ${figure.how}`;
}

/** The measurements by name. `npm run bench -- NAME…` makes only these, and keeps the other figures of the last run. */
const PARTS: Readonly<Record<string, (directory: string) => Promise<readonly Figure[]>>> = {
  'import-time': importTime,
  ingest: ingestCost,
  stored: () => Promise.resolve(storedFigures()),
  reads: readCost,
  webhook: webhookCost,
  start: startTime,
  'local-run': localRun,
};
const RESULTS = 'bench/latest.json';

interface Results {
  readonly node: string;
  readonly arch: string;
  readonly cpus: number;
  readonly figures: Readonly<Record<string, readonly Figure[]>>;
}

const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !(name in PARTS));
if (unknown !== undefined)
  throw new Error(`There is no measurement ${unknown}. The names are: ${Object.keys(PARTS).join(', ')}`);
const last = JSON.parse(readFileSync(RESULTS, 'utf8')) as Results;
const figures: Record<string, readonly Figure[]> = { ...last.figures };

try {
  for (const [name, measure] of Object.entries(PARTS)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    figures[name] = await measure(directory);
    for (const figure of figures[name]) console.log(line(figure));
  }
  const results: Results = { node: process.version, arch: arch(), cpus: cpus().length, figures };
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
