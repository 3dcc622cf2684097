import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { verify } from './verify.mjs';

const secret = process.env.IVYMAIL_WEBHOOK_SECRET;
const seen = new Set(); // In production: a table with a unique key on webhook-id.
const app = new Hono();

// A route handler of Next.js is the same: request.headers is fetch Headers, and request.text() the raw body.
app.post('/webhooks/ivymail', async (context) => {
  const request = context.req.raw;
  const body = await request.text();
  if (!verify(secret, request.headers, body)) return context.body(null, 401);
  if (!seen.has(request.headers.get('webhook-id'))) {
    seen.add(request.headers.get('webhook-id'));
    const event = JSON.parse(body);
    console.log(`${event.event} ${event.to}`);
  }
  return context.body(null, 204);
});

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT) }, () =>
  console.log('ready'),
);
