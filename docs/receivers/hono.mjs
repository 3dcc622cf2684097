import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { verifyWebhook, WebhookVerificationError } from 'ivymail-events/webhook';

const secret = process.env.IVYMAIL_WEBHOOK_SECRET;
const seen = new Set(); // In production: a table with a unique key on event_id.
const app = new Hono();

// A route handler of Next.js is the same: request.headers is fetch Headers, and request.text() the raw body.
app.post('/webhooks/ivymail', async (context) => {
  const request = context.req.raw;
  const event = await verifyWebhook(secret, request.headers, await request.text());
  if (!seen.has(event.event_id)) {
    seen.add(event.event_id);
    console.log(`${event.event} ${event.to}`);
  }
  return context.body(null, 204);
});

app.onError((error, context) => {
  if (error instanceof WebhookVerificationError) return context.text(error.message, 401);
  console.error(error);
  return context.body(null, 500);
});

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT) }, () =>
  console.log('ready'),
);
