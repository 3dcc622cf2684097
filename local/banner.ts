import type { RetryOptions } from '../lambdas/core/retry-schedule.ts';
import { retryDelays } from './retry-scale.ts';
import type { StackDescription } from '../admin/stack-file.ts';

interface Running {
  readonly stack: StackDescription;
  /** The schedule that is deployed here. */
  readonly retry: RetryOptions;
  readonly signInUrl: string;
}

/** `3 s, 15 s and 75 s` */
function delaysText(retry: RetryOptions): string {
  const delays = retryDelays(retry).map((seconds) => `${Number(seconds.toFixed(1))} s`);
  const last = delays.pop();
  return delays.length === 0 ? `${last}` : `${delays.join(', ')} and ${last}`;
}

function retriesText(retry: RetryOptions, retryScale: number): string {
  if (retry.count === 0) return 'A failed webhook is not retried here, as the option retry says.';
  const again = `A failed webhook is sent again after ${delaysText(retry)}, each ±20 %.`;
  if (retryScale === 1) return again;
  return `${again} That is ${retryScale} of what a deployment waits; the times shown are real.
All of it: npm start -- --retry-scale 1`;
}

/** The text that a person reads when everything is up: where to look, and lines to paste. */
export function formatBanner({ stack, retry, signInUrl }: Running, retryScale: number): string {
  const key = `-H 'x-api-key: ${stack.api_key}'`;
  const mail = {
    from: stack.from,
    to: ['bounce@customer.example'],
    subject: 'Hello',
    text: 'Hello.',
  };
  return `
IvyMail Events is running.

  Dashboard      ${stack.dashboard_url}
  Signed in      ${signInUrl}
  Webhook inbox  ${stack.inbox_url}
  API            ${stack.base_url}/v1
  Documentation  ${stack.base_url}/docs
  API key        ${stack.api_key}

What happened to the mail, and what bounced:
  curl ${key} '${stack.base_url}/v1/send/logs?limit=10&type=send'
  curl ${key} '${stack.base_url}/v1/send/logs?type=bounce&limit=10'

Send one, and watch its webhooks arrive in the inbox:
  curl ${key} -H 'content-type: application/json' ${stack.base_url}/v1/send \\
    -d '${JSON.stringify(mail)}'
  The local part names the outcome, at any domain that ends in .example: success@, bounce@, complaint@, ooto@, suppressionlist@.
  An address that bounced or complained is suppressed from then on. A label makes a new one: bounce+2@customer.example.

Is everything well?
  npm run admin -- doctor --local

${retriesText(retry, retryScale)}
Ctrl-C ends everything.
`;
}
