import * as z from 'zod/mini';
import { storeReceipt } from '../store/doctor-probes.ts';
import { notFound } from './errors.ts';
import { publicRoute } from './route.ts';
import { idOf, noQuery } from './schemas/common.ts';
import { documented } from './schemas/documented.ts';

/** A webhook of IvyMail Events has a body of about 1 KiB. */
const MAX_BODY_BYTES = 16 * 1024;
const STORED_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature', 'x-ivymail-signature'];

/** Receives the webhooks that `npx ivymail-events doctor` waits for. The command creates a random token, which nobody else knows. */
const receive = publicRoute({
  method: 'POST',
  path: '/probes/{token}',
  operationId: 'receiveProbe',
  summary: 'Receive a webhook of the doctor command',
  description: 'Receives the test webhooks of `npx ivymail-events doctor`. The command creates the token.',
  params: {
    token: documented(
      z.string().check(z.regex(/^[a-z2-7]{52}$/)),
      'Token of the probe.',
      'kq7zq5h3m2x4c6v7b2n3m4a5s6kq7zq5h3m2x4c6v7b2n3m4a5s6',
    ),
  },
  query: noQuery,
  headers: { 'webhook-id': idOf('evt') },
  body: z.record(z.string(), z.unknown()),
  maxBodyBytes: MAX_BODY_BYTES,
  responses: { 204: null },
  async handle(deps, { params, headers, rawBody }) {
    const stored = await storeReceipt(deps.table, {
      token: params['token'] ?? '',
      webhookId: headers['webhook-id'] ?? '',
      receipt: {
        headers: Object.fromEntries(STORED_HEADERS.map((name) => [name, headers[name] ?? ''])),
        body: rawBody,
      },
      nowMs: deps.now(),
    });
    if (!stored) throw notFound();
    return { status: 204 };
  },
});

export const probeRoutes = [receive];
