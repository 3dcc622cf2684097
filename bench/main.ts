import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { importTime } from './import-time.ts';
import { ingestCost, storedFigures } from './ingest.ts';
import { readCost } from './reads.ts';
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

try {
  const figures: Figure[] = [];
  for (const measure of [
    importTime,
    ingestCost,
    () => Promise.resolve(storedFigures()),
    readCost,
    webhookCost,
  ]) {
    const measured = await measure(directory);
    for (const figure of measured) console.log(line(figure));
    figures.push(...measured);
  }
  writeFileSync(
    'bench/latest.json',
    `${JSON.stringify({ node: process.version, arch: arch(), cpus: cpus().length, figures }, null, 2)}\n`,
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
