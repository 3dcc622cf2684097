/** Counts what a deployment costs, and writes docs/generated/cost.md; with `--print`, to standard output. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { templateOf } from '../template.ts';
import { countsOf } from './counts.ts';
import { deploymentOf } from './deployment.ts';
import { idleLines } from './idle.ts';
import { costPage } from './page.ts';

const PAGE = 'docs/generated/cost.md';
/** A trickle of so many takes seventeen minutes: long enough for what is kept for one minute, or for five. */
const MAILS = 400;

const template = templateOf();
const deployment = deploymentOf(template);
const burst = await countsOf(deployment, { mails: MAILS, pace: 'burst' });
const trickle = await countsOf(deployment, { mails: MAILS, pace: 'trickle' });
const page = costPage({
  idle: idleLines(template),
  deployment,
  mails: MAILS,
  counts: { burst, trickle },
});
const formatted = execFileSync('node_modules/.bin/oxfmt', [`--stdin-filepath=${PAGE}`], { input: page });
if (process.argv.includes('--print')) process.stdout.write(formatted);
else writeFileSync(PAGE, formatted);
// The functions keep connections open for a while.
process.exit();
