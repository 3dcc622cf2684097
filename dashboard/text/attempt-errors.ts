import type { ERROR_CLASSES } from '../../lambdas/core/deliveries.ts';

/** Explains why an attempt failed, by its `error_class`. */
export const ERROR_CLASS_TEXT: Readonly<Record<(typeof ERROR_CLASSES)[number], string>> = {
  blocked_address: 'Not sent: the host name resolves to a non-public IP address.',
  dns_error: 'DNS lookup failed: the host name could not be resolved to an IPv4 address.',
  connect_error: 'Connection failed: refused, unreachable, or blocked by a firewall.',
  tls_error: 'TLS handshake failed, or the certificate is not valid.',
  timeout: 'No response within 15 seconds. Respond with 2xx first, then process the event.',
  connection_reset: 'The connection closed before a response arrived.',
  protocol_error: 'Invalid HTTP response.',
  redirect_not_followed: 'Redirects are not followed. Change the URL to the redirect target.',
  http_status: 'Your endpoint responded with an error.',
  internal: 'Internal error in IvyMail Events. It does not count as a failure of your endpoint.',
};
