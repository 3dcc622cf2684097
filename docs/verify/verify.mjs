import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * True for a genuine webhook. headers: fetch Headers, or an object such as Node's request.headers.
 * rawBody: the body as it arrived, bytes or text, before any JSON parser. now: in seconds.
 */
export function verify(secret, headers, rawBody, now = Math.floor(Date.now() / 1000)) {
  if (typeof rawBody !== 'string' && !ArrayBuffer.isView(rawBody))
    throw new TypeError('rawBody must be the body as it arrived (bytes or text), not parsed JSON');
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    throw new TypeError('headers must be fetch Headers, or an object of names and values');
  const lower = new Map(
    [...(headers.entries?.() ?? Object.entries(headers))].map(([name, value]) => [name.toLowerCase(), value]),
  );
  const header = (name) => String(lower.get(name) ?? '');
  const head = `${header('webhook-id')}.${header('webhook-timestamp')}`;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  if (key.length < 24 || !/^\w+\.\d{10}$/.test(head)) return false;
  if (Math.abs(now - Number(header('webhook-timestamp'))) > 300) return false;
  const hmac = createHmac('sha256', key).update(`${head}.`).update(rawBody);
  const expected = Buffer.from(`v1,${hmac.digest('base64')}`);
  return header('x-ivymail-signature')
    .split(' ')
    .some((text) => {
      const signature = Buffer.from(text);
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    });
}
