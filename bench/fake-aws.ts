/**
 * DynamoDB and KMS for the measured process, in a process of its own: it answers every call at once and counts them, so
 * that what is measured is our side of the wire, SDK included.
 */
import { createServer } from 'node:http';
import { eventRows } from '../lambdas/store/event-rows.ts';
import { anEndpoint, anEvent } from '../sim/builders/events.ts';
import { marshall } from '@aws-sdk/util-dynamodb';

const event = anEvent();
const [row] = eventRows([event], { retentionDays: 90, receivedAtMs: 0 });
const counts: Record<string, number> = {};

function answer(target: string, body: string): unknown {
  switch (target) {
    case 'DynamoDB_20120810.GetItem': {
      const { Key: key } = JSON.parse(body) as { Key: { sk: { S: string } } };
      const item = key.sk.S.startsWith('EP#')
        ? {
            pk: 'p',
            sk: key.sk.S,
            kind: 'endpoint',
            ...anEndpoint({ url: process.env['WEBHOOK_URL'] ?? '' }),
          }
        : row;
      return { Item: marshall(item, { removeUndefinedValues: true }) };
    }
    case 'TrentService.Decrypt':
      return { KeyId: 'key', Plaintext: Buffer.alloc(24, 7).toString('base64') };
    case 'DynamoDB_20120810.BatchWriteItem':
      return { UnprocessedItems: {} };
    default:
      return {};
  }
}

/** As the protocol has binary values. */
function bytesAsBase64(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const target = String(request.headers['x-amz-target']);
    if (request.headers['x-amz-target'] === undefined) {
      response.setHeader('webhook', '1');
      response.end('ok');
      counts['webhook'] = (counts['webhook'] ?? 0) + 1;
      return;
    }
    const operation = target.split('.')[1] ?? target;
    counts[operation] = (counts[operation] ?? 0) + 1;
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(JSON.stringify(answer(target, Buffer.concat(chunks).toString('utf8')), bytesAsBase64));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
process.on('message', () => process.send?.({ counts: { ...counts } }));
process.on('disconnect', () => process.exit());
