import type { ERROR_CLASSES } from '../../lambdas/core/deliveries.ts';

/** Why an attempt failed, in plain words. */
export const ERROR_CLASS_TEXT: Readonly<Record<(typeof ERROR_CLASSES)[number], string>> = {
  blocked_address: 'The name leads to an address that is not public; nothing was sent.',
  dns_error: 'The name of the server could not be resolved.',
  connect_error: 'No connection: nobody listens there, or a firewall is in the way.',
  tls_error: 'The certificate of the server is not valid, or TLS failed.',
  timeout: 'No answer within 15 seconds. Answer first, work later.',
  connection_reset: 'The connection broke before an answer came.',
  protocol_error: 'The answer was no HTTP.',
  redirect_not_followed: 'The server answered with a redirect; change the url to where it leads.',
  http_status: 'The server answered with an error.',
  internal: 'A fault of our own; it does not count against the endpoint.',
};
