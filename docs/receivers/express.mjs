import express from 'express';
import { verify } from './verify.mjs';

const secret = process.env.IVYMAIL_WEBHOOK_SECRET;
const seen = new Set(); // In production: a table with a unique key on webhook-id.
const app = express();

// express.raw and not express.json: the signature covers the bytes as they arrived.
app.post(
  '/webhooks/ivymail',
  express.raw({ type: 'application/json', limit: '1mb' }),
  (request, response) => {
    if (!verify(secret, request.headers, request.body)) return response.sendStatus(401);
    if (!seen.has(request.headers['webhook-id'])) {
      seen.add(request.headers['webhook-id']);
      const event = JSON.parse(request.body.toString());
      console.log(`${event.event} ${event.to}`);
    }
    return response.sendStatus(204);
  },
);

app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('ready'));
