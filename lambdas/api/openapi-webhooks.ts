import * as z from 'zod/mini';
import type { Components, Json } from './schema-json.ts';
import { idOf } from './schemas/common.ts';
import { documented } from './schemas/documented.ts';
import { webhookEventJson, type WebhookEvent } from './schemas/events.ts';

const SIGNATURE_EXAMPLE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

/** Descriptions of the headers of a webhook (lambdas/delivery/headers.ts sets them). */
export const WEBHOOK_HEADERS: Readonly<Record<string, z.ZodMiniType>> = {
  'webhook-id': documented(
    idOf('evt'),
    'Id of the event. Every attempt has the same id. Use it to ignore repeated events.',
    'evt_kq7zq5h3m2x4c6v7b2n3m4a5s6',
  ),
  'webhook-timestamp': documented(
    z.string().check(z.regex(/^\d{10}$/)),
    'Time of this attempt, in seconds since 1970. Reject a webhook that is more than 5 minutes old.',
    '1772020800',
  ),
  'webhook-signature': documented(
    z.string(),
    '`v1,` followed by the HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}` in base64, as defined by Standard Webhooks. During the rotation of a secret, the header contains several signatures, separated by spaces.',
    SIGNATURE_EXAMPLE,
  ),
  'x-ivymail-signature': documented(z.string(), 'The same value as `webhook-signature`.', SIGNATURE_EXAMPLE),
  'x-ivymail-attempt': documented(
    z.string().check(z.regex(/^[1-9]\d*$/)),
    'Number of this attempt, from 1.',
    '1',
  ),
};

const EXAMPLE: WebhookEvent = {
  event: 'bounced',
  event_id: 'evt_kq7zq5h3m2x4c6v7b2n3m4a5s6',
  message_id: '0100019c1e5b7d2a-6f9e2d1c-8a4b-4c3d-9e8f-7a6b5c4d3e2f-000000',
  to: 'invalid@example.com',
  from: 'you@yourdomain.com',
  subject: 'Hello',
  bounce_type: 'Permanent',
  bounce_subtype: 'General',
  diagnostic_code: 'smtp; 550 5.1.1 user unknown',
  reason: 'unknown_user',
  timestamp: '2026-02-25T12:00:00Z',
  workspace_id: 'ws_kq7zq5h3m2x4c6v7b2n3m4a5s6',
};

/** The `webhooks` section of the document: the request that a user's endpoint receives. */
export function webhooksOf(
  components: Components,
  parameter: (place: 'header', name: string, schema: z.ZodMiniType) => Json,
): Json {
  return {
    event: {
      post: {
        operationId: 'receiveEvent',
        tags: ['Events'],
        summary: 'Receive an event',
        description:
          'IvyMail Events sends this request to every active endpoint that receives the event. Verify the signature over the unchanged body, then respond with 2xx within 15 seconds. Otherwise the attempt has failed. By default, a failed attempt is retried after about 1, 5 and 25 minutes.',
        security: [],
        parameters: Object.entries(WEBHOOK_HEADERS).map(([name, schema]) =>
          parameter('header', name, schema),
        ),
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: components.schemaOf(webhookEventJson, 'output'),
              example: EXAMPLE,
            },
          },
        },
        responses: {
          '2XX': {
            description:
              'The event is delivered. The beginning of the response body is stored with the attempt.',
          },
          '410': { description: 'The endpoint is disabled and receives no more events.' },
          default: { description: 'The attempt failed and is retried. Redirects are not followed.' },
        },
      },
    },
  };
}
