import type { StackDescription } from './stack-file.ts';

/** What a person reads when everything is up: where to look, and lines to paste. */
export function banner(stack: StackDescription, retryScale: number, signInUrl: string): string {
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
  Outcomes: success@, bounce@, complaint@, ooto@ and suppressionlist@ any domain that ends in .example.
  An address that bounced or complained is suppressed from then on. A label makes a new one: bounce+2@customer.example.

Is everything well?
  npm run admin -- doctor --local

Retries wait ${retryScale} of the time they show: a minute takes ${60 * retryScale} s (-- --retry-scale 1 for all of it).
Ctrl-C ends everything.
`;
}
