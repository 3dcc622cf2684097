const { createInterface } = require('node:readline');

const read = (field) => (field === '-' ? undefined : Buffer.from(field.slice(1), 'base64'));

async function main() {
  const { verify } = await import('./verify.mjs');
  for await (const line of createInterface({ input: process.stdin })) {
    const [secret, now, id, timestamp, signature, body] = line.split(' ').map(read);
    const headers = {
      'webhook-id': id?.toString(),
      'webhook-timestamp': timestamp?.toString(),
      'x-ivymail-signature': signature?.toString(),
    };
    console.log(verify(secret.toString(), headers, body, Number(now)));
  }
}

void main();
