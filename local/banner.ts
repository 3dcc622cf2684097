import type { RetryOptions } from '../lambdas/core/retry-schedule.ts';
import type { Commands } from './places.ts';
import { retryDelays } from './retry-scale.ts';
import type { StackDescription } from '../admin/stack-file.ts';

interface LocalRun {
  readonly stack: StackDescription;
  /** The deployed retry schedule, already scaled. */
  readonly retry: RetryOptions;
  readonly signInUrl: string;
}

/** Returns a text such as `3 s, 15 s and 75 s`. */
function formatDelays(retry: RetryOptions): string {
  const delays = retryDelays(retry).map((seconds) => `${Number(seconds.toFixed(1))} s`);
  const last = delays.pop();
  return delays.length === 0 ? `${last}` : `${delays.join(', ')} and ${last}`;
}

function formatRetries(retry: RetryOptions, retryScale: number, start: string): string {
  if (retry.count === 0) return 'A failed webhook is not retried, because the option retry has a count of 0.';
  const schedule = `A failed webhook is retried after ${formatDelays(retry)}, each ±20 %.`;
  if (retryScale === 1) return schedule;
  return `${schedule}
Each delay is ${retryScale} times the delay of a deployment. Displayed times are real.
To wait as long as a deployment: ${start} --retry-scale 1`;
}

/** Returns the text that the local run prints when everything runs: the addresses, and commands to copy. */
export function formatBanner(
  { stack, retry, signInUrl }: LocalRun,
  retryScale: number,
  commands: Commands,
): string {
  const key = `-H 'x-api-key: ${stack.api_key}'`;
  const email = {
    from: stack.from,
    to: ['bounce@customer.example'],
    subject: 'Hello',
    text: 'Hello.',
  };
  return `
IvyMail Events is running.

  Dashboard      ${stack.dashboard_url}
  Sign-in link   ${signInUrl}
  Webhook inbox  ${stack.inbox_url}
  API            ${stack.base_url}/v1
  Documentation  ${stack.base_url}/docs
  API key        ${stack.api_key}

See what happened to your emails, and which bounced:
  curl ${key} '${stack.base_url}/v1/send/logs?limit=10&type=send'
  curl ${key} '${stack.base_url}/v1/send/logs?type=bounce&limit=10'

Send an email, and watch its webhooks arrive in the inbox:
  curl ${key} -H 'content-type: application/json' ${stack.base_url}/v1/send \\
    -d '${JSON.stringify(email)}'
  The local part of the address selects the outcome, at any domain that ends in .example: success@, bounce@, complaint@,
  ooto@, suppressionlist@. After a bounce or a complaint, the address is suppressed. A label makes a new address:
  bounce+2@customer.example.

Check that everything works:
  ${commands.admin} doctor --local

${formatRetries(retry, retryScale, commands.start)}
Press Ctrl-C to stop.
`;
}
