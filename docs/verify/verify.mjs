import { createHmac, timingSafeEqual } from 'node:crypto';

/** headers: an object with lower-case names; rawBody: the body as it came, as text. */
export function verify(secret, headers, rawBody) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp } = headers;
  const signatures = headers['x-ivymail-signature'] ?? '';
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < 300)) return false;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${rawBody}`).digest();
  return signatures.split(' ').some((signature) => {
    const given = Buffer.from(signature.replace('v1,', ''), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
