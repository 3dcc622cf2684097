import picocolors from 'picocolors';
import { summarizeChecks, type Check, type CheckStatus } from './checks.ts';
import type { Deployment } from './deployment.ts';
import { runChecks } from './doctor.ts';
import { UsageError } from '../cli/usage-error.ts';
import type { CommandOutput } from './output.ts';

const NAME_WIDTH = 25;
/** Only a terminal gets colors. Without this, the library also colors the log of a CI server. */
const colors = picocolors.createColors(process.stdout.isTTY && process.stdout.hasColors());
const SIGNS: Readonly<Record<CheckStatus, string>> = {
  ok: colors.green('✓'),
  failed: colors.red('✗'),
  warning: colors.yellow('!'),
  not_checked: colors.dim('–'),
  declined: colors.dim('–'),
};

function formatCheck({ name, status, detail, advice }: Check): string {
  const text = status === 'not_checked' ? `not checked: ${detail}` : detail;
  const hint = advice === undefined ? '' : `\n  ${' '.repeat(NAME_WIDTH)} → ${advice}`;
  return `${SIGNS[status]} ${name.padEnd(NAME_WIDTH)} ${text}${hint}`;
}

/** `doctor`: prints each check as soon as it is complete. With `--json`, prints nothing here. */
export async function runDoctor(
  deployment: Deployment,
  values: {
    readonly from: string | undefined;
    readonly 'api-key': string | undefined;
    readonly 'no-send': boolean;
    readonly repair: boolean;
    readonly timeout: string;
  },
  json: boolean,
): Promise<CommandOutput> {
  const timeoutMs = Number(values.timeout) * 1000;
  if (!(timeoutMs > 0)) throw new UsageError('--timeout needs a number of seconds greater than 0');
  const checks = await runChecks(deployment, {
    from: values.from ?? deployment.from,
    apiKey: values['api-key'] ?? process.env['IVYMAIL_API_KEY'] ?? deployment.apiKey,
    send: !values['no-send'],
    repair: values.repair,
    timeoutMs,
    onCheck: (check) => {
      if (!json) console.log(formatCheck(check));
    },
  });
  return summarizeChecks(checks);
}
