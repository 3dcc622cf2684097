import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CALL_LIMITS } from '../../lambdas/core/aws-client-timeouts.ts';
import { createTable } from '../../lambdas/store/table.ts';

afterEach(() => vi.unstubAllEnvs());

describe('a table that accepts a request and never responds', () => {
  it('makes the call time out, so that the process can still report its earlier work', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${port}`);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
    vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
    const { client, name } = createTable('table');
    const read = client.send(new GetCommand({ TableName: name, Key: { pk: 'a', sk: 'b' } }));
    await expect(read).rejects.toMatchObject({ name: 'TimeoutError' });
    client.destroy();
    server.close();
  });

  it('leaves the deliver function time for three tries after the longest attempt', () => {
    const DELIVER_MS = 30_000;
    const LONGEST_ATTEMPT_MS = 15_000;
    expect(LONGEST_ATTEMPT_MS + 3 * CALL_LIMITS.requestTimeout).toBeLessThan(DELIVER_MS);
  });
});
