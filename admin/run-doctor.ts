import picocolors from 'picocolors';
import { summarizeChecks, type Check, type CheckStatus } from './checks.ts';
import type { Deployment } from './deployment.ts';
import { runChecks } from './doctor.ts';
import { UsageError } from '../cli/usage-error.ts';
import type { CommandOutput } from './output.ts';

const SIGNS: Readonly<Record<CheckStatus, string>> = {
  ok: picocolors.green('✓'),
  failed: picocolors.red('✗'),
  warning: picocolors.yellow('!'),
  not_checked: picocolors.dim('–'),
  declined: picocolors.dim('–'),
};

function line({ name, status, detail, advice }: Check): string {
  const shown = status === 'not_checked' ? `not checked: ${detail}` : detail;
  const hint = advice === undefined ? '' : `\n  ${' '.repeat(24)} → ${advice}`;
  return `${SIGNS[status]} ${name.padEnd(24)} ${shown}${hint}`;
}

/** `doctor`: prints each check as soon as it is done, unless the output is for a program. */
export async function runDoctor(
  deployment: Deployment,
  values: {
    readonly from: string | undefined;
    readonly 'api-key': string | undefined;
    readonly 'no-send': boolean;
    readonly timeout: string;
  },
  json: boolean,
): Promise<CommandOutput> {
  const timeoutMs = Number(values.timeout) * 1000;
  if (!(timeoutMs > 0)) throw new UsageError('--timeout needs a number of seconds over 0');
  const checks = await runChecks(deployment, {
    from: values.from ?? deployment.from,
    apiKey: values['api-key'] ?? process.env['IVYMAIL_API_KEY'] ?? deployment.apiKey,
    send: !values['no-send'],
    timeoutMs,
    onCheck: (done) => {
      if (!json) console.log(line(done));
    },
  });
  return summarizeChecks(checks);
}
