import type { ERROR_CLASSES } from '../../lambdas/core/deliveries.ts';

type ErrorClass = (typeof ERROR_CLASSES)[number];

/** What an `error_class` of an attempt means. */
interface ErrorClassText {
  /** A short name, in place of a status code. */
  readonly name: string;
  readonly explanation: string;
  /** What the operator of the endpoint does about the error. */
  readonly advice: string;
}

export const ERROR_CLASS_TEXT: Readonly<Record<ErrorClass, ErrorClassText>> = {
  blocked_address: {
    name: 'Blocked address',
    explanation: 'Not sent: the host name resolves to a non-public IP address.',
    advice: 'Point the host name to a public IPv4 address, or change the URL of the webhook.',
  },
  dns_error: {
    name: 'DNS error',
    explanation: 'DNS lookup failed: the host name could not be resolved to an IPv4 address.',
    advice: 'Check the DNS records of the host name. If the host name has changed, change the URL.',
  },
  connect_error: {
    name: 'Connection failed',
    explanation: 'Connection failed: refused, unreachable, or blocked by a firewall.',
    advice: 'Check that your server is running and accepts connections from the internet on this port.',
  },
  tls_error: {
    name: 'TLS error',
    explanation: 'TLS handshake failed, or the certificate is not valid.',
    advice: 'Renew the certificate, and check that the server sends its full certificate chain.',
  },
  timeout: {
    name: 'Timeout',
    explanation: 'No response within 15 seconds.',
    advice: 'Respond with 2xx first, then process the event.',
  },
  connection_reset: {
    name: 'Connection reset',
    explanation: 'The connection closed before a response arrived.',
    advice: 'Check the logs of your server and of its proxy for crashes and restarts.',
  },
  protocol_error: {
    name: 'Invalid response',
    explanation: 'The response is not valid HTTP.',
    advice: 'Check that an HTTP server listens on this port, and that the URL has the right scheme.',
  },
  redirect_not_followed: {
    name: 'Redirect',
    explanation: 'Redirects are not followed.',
    advice: 'Change the URL of the webhook to the target of the redirect.',
  },
  http_status: {
    name: 'HTTP error',
    explanation: 'Your endpoint responded with an error.',
    advice: 'Check the logs of your server for this request.',
  },
  internal: {
    name: 'Internal error',
    explanation:
      'Internal error in IvyMail Events. It does not count as a failure of your endpoint, and the event is sent again.',
    advice: '',
  },
};

/** Advice for the status codes whose cause is usually known. */
const STATUS_ADVICE: Readonly<Record<number, string>> = {
  401: 'Your server rejects the signature or requires authentication. Compare its signing secret with the secret of this webhook.',
  403: 'Your server or its firewall rejects the request. Check its signing secret and its allow list.',
  404: 'No handler exists at this path. Check the URL of the webhook and the routes of your server.',
  405: 'The handler does not accept POST requests. Check the URL of the webhook and the routes of your server.',
  413: 'Your server rejects the body as too large. Raise its limit to at least 256 KB.',
  429: 'Your server limits the rate of requests. Raise its limit for webhooks, or respond with Retry-After.',
  502: 'The proxy cannot reach your server. Check that your server is running.',
  503: 'Your server is overloaded or in maintenance. Check that your server is running.',
  504: 'Your server did not respond to its proxy in time. Respond with 2xx first, then process the event.',
};

/** What to do about a failed attempt. Empty if the user needs to do nothing. */
export function attemptAdvice(errorClass: ErrorClass, status: number | null): string {
  const byStatus = errorClass === 'http_status' && status !== null ? STATUS_ADVICE[status] : undefined;
  return byStatus ?? ERROR_CLASS_TEXT[errorClass].advice;
}
