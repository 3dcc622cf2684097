import express from 'express';
import { verifyWebhook, WebhookVerificationError } from 'ivymail-events/webhook';

const secret = process.env.IVYMAIL_WEBHOOK_SECRET;
const seen = new Set(); // In production: a table with a unique key on event_id.
const app = express();

async function receive(request, response) {
  const event = await verifyWebhook(secret, request.headers, request.body);
  if (!seen.has(event.event_id)) {
    seen.add(event.event_id);
    console.log(`${event.event} ${event.to}`);
  }
  response.sendStatus(204);
}

// express.raw and not express.json: the signature covers the bytes as they arrived.
const rawBody = express.raw({ type: 'application/json', limit: '1mb' });
app.post('/webhooks/ivymail', rawBody, (request, response, next) => {
  receive(request, response).catch((error) => next(error));
});

app.use((error, request, response, next) => {
  if (error instanceof WebhookVerificationError) response.status(401).send(error.message);
  else next(error);
});

app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));
