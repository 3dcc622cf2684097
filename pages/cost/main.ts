/** Counts the usage of a deployment, and writes its cost to docs/generated/cost.md. With `--print`, writes to standard output instead. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { templateOf } from '../template.ts';
import { countsOf, retriedCountsOf } from './counts.ts';
import { deploymentOf } from './deployment.ts';
import { idleLines } from './idle.ts';
import { costPage } from './page.ts';

const PAGE = 'docs/generated/cost.md';
/** A trickle of this number takes 17 minutes. So the caches, which live for one or five minutes, expire several times. */
const EMAILS = 400;
/** At ten a second, this number takes two minutes, which is longer than the windows of tally. */
const STEADY_EMAILS = 1_200;
/** The most deliveries of a group. */
const RETRIED_TOGETHER = 100;

const template = templateOf();
const deployment = deploymentOf(template);
const burst = await countsOf(deployment, { emails: EMAILS, pace: 'burst' });
const trickle = await countsOf(deployment, { emails: EMAILS, pace: 'trickle' });
const steady = await countsOf(deployment, { emails: STEADY_EMAILS, pace: 'steady' });
const retried = await retriedCountsOf(deployment, { emails: EMAILS, together: RETRIED_TOGETHER });
const page = costPage({
  idle: idleLines(template),
  deployment,
  counts: { burst, steady, trickle },
  retried,
});
const formatted = execFileSync('node_modules/.bin/oxfmt', [`--stdin-filepath=${PAGE}`], { input: page });
if (process.argv.includes('--print')) process.stdout.write(formatted);
else writeFileSync(PAGE, formatted);
// The functions keep connections open. Without this call, the process would wait until they close.
process.exit();
