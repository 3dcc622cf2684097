import { verifyWebhook, WebhookVerificationError } from 'ivymail-events/webhook';

/** Headers of this runtime. Returns the plain object if this runtime would change a value, for example remove spaces at its ends. */
function headersOf(plain) {
  try {
    const headers = new Request('https://example.com/', { headers: plain }).headers;
    return Object.entries(plain).every(([name, value]) => headers.get(name) === value) ? headers : plain;
  } catch {
    return plain;
  }
}

async function resultOf({ secret, headers, body_base64: base64, now }) {
  const body = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  try {
    return await verifyWebhook(secret, headersOf(headers), body.buffer, { now: () => now * 1000 });
  } catch (error) {
    return error instanceof WebhookVerificationError ? error.code : error.name;
  }
}

/** For each vector: the event, the code of the error, or the name of another error. */
export async function resultsOf(vectors) {
  return JSON.stringify(await Promise.all(vectors.map(resultOf)));
}
