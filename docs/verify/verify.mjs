import { createHmac, timingSafeEqual } from 'node:crypto';

/** headers: an object with lower-case names; rawBody: the body as it came, bytes or text; now: in seconds. */
export function verify(secret, headers, rawBody, now = Math.floor(Date.now() / 1000)) {
  const { 'webhook-id': id = '', 'webhook-timestamp': timestamp = '' } = headers;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  if (key.length < 24 || !/^\w+\.\d{10}$/.test(`${id}.${timestamp}`)) return false;
  if (Math.abs(now - Number(timestamp)) > 300) return false;
  const hmac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(rawBody);
  const expected = Buffer.from(`v1,${hmac.digest('base64')}`);
  return (headers['x-ivymail-signature'] ?? '').split(' ').some((each) => {
    const given = Buffer.from(each);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
