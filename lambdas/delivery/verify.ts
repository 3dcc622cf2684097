import { createHmac, timingSafeEqual } from 'node:crypto';

/** Five minutes either way, as the libraries of Standard Webhooks have it. */
const TOLERANCE_SECONDS = 300;

/** Whether a request carries a signature by one of the secrets, and is fresh: what a receiver does. */
export function verifyWebhook(request: {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly rawBody: Uint8Array;
  readonly secrets: readonly Uint8Array[];
  readonly nowSeconds: number;
}): boolean {
  const { headers } = request;
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'] ?? headers['x-ivymail-signature'];
  if (!id || !timestamp || !signatures || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(request.nowSeconds - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const wanted = request.secrets.map((secret) =>
    createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(request.rawBody).digest(),
  );
  return signatures.split(' ').some((signature) => {
    if (!signature.startsWith('v1,')) return false;
    const given = Buffer.from(signature.slice(3), 'base64');
    return wanted.some((each) => given.length === each.length && timingSafeEqual(given, each));
  });
}
