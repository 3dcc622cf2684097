/** A key in either header, and exports as files, through the deployed API. */
import { describe, expect, it } from 'vitest';
import { api, apiOf, logsOf, sendEmail, stack } from './client.ts';

const anonymous = apiOf();
const bearer = (key: string, scheme = 'Bearer') => ({ authorization: `${scheme} ${key}` });
const key = stack.api_key;

describe('an API key', () => {
  it.each([
    ['GET', '/v1/workspace', 200],
    ['GET', '/v1/send/logs?limit=1', 200],
    ['GET', '/v1/nothing', 404],
    ['GET', '/v1', 404],
    ['PUT', '/v1/webhooks', 405],
  ])('as a Bearer token has the same effect as x-api-key: %s %s', async (method, path, status) => {
    const responses = [
      await apiOf(key)(method, path),
      await anonymous(method, path, undefined, bearer(key)),
      await anonymous(method, path, undefined, bearer(key, 'bearer')),
      await apiOf(key)(method, path, undefined, bearer(key)),
      // Another scheme contains no key and is ignored.
      await apiOf(key)(method, path, undefined, bearer('dXNlcjpwYXNz', 'Basic')),
    ];
    expect(responses.map((response) => response.status)).toEqual(responses.map(() => status));
    expect(new Set(responses.map(({ body }) => body.error?.code)).size).toBe(1);
  });

  it('is required, and the error says how to send it', async () => {
    for (const headers of [{}, bearer('dXNlcjpwYXNz', 'Basic'), { authorization: key }]) {
      const { status, body } = await anonymous('GET', '/v1/workspace', undefined, headers);
      expect([status, body.error.code]).toEqual([401, 'missing_api_key']);
      expect(body.error.message).toContain('Authorization: Bearer <key>');
    }
  });

  it.each([
    ['another well-formed key', `ivy_live_${'a'.repeat(36)}`],
    ['a malformed key', 'x'],
  ])('beside a different key in the other header (%s) is refused with 400', async (_, other) => {
    const refused = { status: 400, body: { error: { code: 'invalid_parameter', field: 'authorization' } } };
    expect(await apiOf(key)('GET', '/v1/workspace', undefined, bearer(other))).toMatchObject(refused);
    expect(await apiOf(other)('GET', '/v1/workspace', undefined, bearer(key))).toMatchObject(refused);
    const webhook = { url: `${stack.inbox_url}/hooks/conflict` };
    expect(await apiOf(key)('POST', '/v1/webhooks', webhook, bearer(other))).toMatchObject(refused);
  });

  it('that is wrong is refused in the same way in either header', async () => {
    const responses = [
      await apiOf('x')('GET', '/v1/workspace'),
      await anonymous('GET', '/v1/workspace', undefined, bearer('x')),
    ];
    for (const { status, body } of responses)
      expect([status, body.error.code]).toEqual([403, 'invalid_api_key']);
  });
});

describe('an export', () => {
  it('is a CSV file that Excel reads, and `export` is not taken for a message id', async () => {
    const messageId = await sendEmail(api, { subject: 'Grüße', to: 'success@simulator.amazonses.com' });
    await logsOf(messageId, 2);
    const pasted = encodeURIComponent(`<${messageId}@email.amazonses.com>`);
    const today = new Date().toISOString().slice(0, 10);
    const path = `/v1/send/logs/export?format=csv&message_id=${pasted}&before=${today}T23:59:59Z`;
    const response = await fetch(`${stack.base_url}${path}`, { headers: bearer(key) });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="ivymail-logs.csv"');
    const bytes = Buffer.from(await response.arrayBuffer());
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    expect(
      bytes
        .toString('utf8')
        .split('\r\n')
        .filter((line) => line.includes('Grüße')),
    ).toHaveLength(2);
  });
});
