import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CACHE_MS } from '../../../lambdas/api/authorize.ts';
import { apiKeyHash, newApiKey } from '../../../lambdas/core/api-key.ts';
import { deterministicId } from '../../../lambdas/core/ids.ts';
import { putApiKey, type ApiKey } from '../../../lambdas/store/api-keys.ts';
import { openProbe } from '../../../lambdas/store/doctor-probes.ts';
import { resource, templateOf } from '../../../pages/template.ts';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { SEED, sized } from '../size.ts';
import { Dice, seededRandom } from '../../../sim/random.ts';
import { loadFunctions, unloadFunctions, type Functions } from './functions.ts';
import { captureLogs, type LogCapture } from './log-capture.ts';
import { rowText } from './rows.ts';

const WORKSPACE_ID = deterministicId('ws', ['keys']);
const CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_ -'.split('');
const BAD_KEYS = sized(10_000, 200_000);

const figures: Record<string, number> = {};
afterAll(() => recordFigures('keys', figures));

let functions: Functions;
let logs: LogCapture;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  functions = await loadFunctions();
  logs = captureLogs();
});
afterEach(() => {
  logs.stop();
  unloadFunctions();
  vi.useRealTimers();
});

async function createKey(
  fields: Partial<ApiKey> = {},
): Promise<{ readonly text: string; readonly id: string }> {
  const text = newApiKey('live', randomBytes);
  const id = deterministicId('key', [text]);
  await putApiKey(functions.table, apiKeyHash(text), {
    id,
    workspace_id: WORKSPACE_ID,
    name: 'Server',
    scopes: ['admin'],
    hint: '',
    created_at: '2026-01-01T00:00:00Z',
    ...fields,
  });
  return { text, id };
}

/** Advances the clock past the cache time, so that the authorizer reads each key again. */
function expireCache(): void {
  vi.setSystemTime(Date.now() + CACHE_MS);
}

async function authorize(key: string): Promise<string> {
  return JSON.stringify(await functions.authorizer({ 'x-api-key': key }));
}

async function callApi(method: string, path: string, body?: object, headers = {}) {
  const request = { method, path, headers, workspaceId: WORKSPACE_ID };
  const { statusCode, body: text } = await functions.api({ ...request, ...(body && { body }) });
  if (statusCode >= 300) throw new Error(`${method} ${path}: ${text}`);
  return (text === '' ? {} : JSON.parse(text)) as Record<string, string>;
}

/** Changes one character of the key. Successive indexes change successive positions. */
function withWrongCharacter(key: string, index: number, dice: Dice): string {
  const position = index % key.length;
  const wrong = dice.pick(CHARACTERS.filter((each) => each !== key[position]));
  return key.slice(0, position) + wrong + key.slice(position + 1);
}

describe('an invalid key', () => {
  it('gets the same response as every other invalid key, and a key with a wrong character causes no read', async () => {
    const dice = new Dice(seededRandom(SEED));
    const valid = await createKey();
    const expired = await createKey({ expires_at: '2026-01-02T00:00:00Z' });
    const revoked = await createKey();
    expect(JSON.parse(await authorize(revoked.text))).toMatchObject({ principalId: revoked.id });
    await callApi('DELETE', `/v1/api-keys/${revoked.id}`);
    expireCache();

    const unknown = await authorize(newApiKey('live', randomBytes));
    expect(unknown).toContain('"Deny"');
    for (const each of [expired.text, revoked.text, newApiKey('test', randomBytes)])
      expect(await authorize(each)).toBe(unknown);

    const { length: before } = functions.table.calls;
    let different = 0;
    for (let index = 0; index < BAD_KEYS; index += 1) {
      const key = withWrongCharacter(
        index % 2 === 0 ? valid.text : newApiKey('live', (size) => dice.bytes(size)),
        index,
        dice,
      );
      if ((await authorize(key)) !== unknown) different += 1;
    }
    Object.assign(figures, {
      'keys with one wrong character': BAD_KEYS,
      'reads of the table for them': functions.table.calls.length - before,
      'responses to them that differ from the response to an unknown key': different,
    });
    expect(functions.table.calls).toHaveLength(before);
    expect(different).toBe(0);
  });

  it('is detected by a single read of its hash, and the table never receives the key itself', async () => {
    const { text, id } = await createKey();
    const commands: string[] = [];
    functions.table.before = (command, input) => commands.push(`${command} ${JSON.stringify(input)}`);
    expect(JSON.parse(await authorize(text))).toMatchObject({ principalId: id });
    await authorize(newApiKey('live', randomBytes));
    // The update stores the time of the last use of the valid key.
    expect(commands.map((each) => each.split(' ')[0])).toEqual(['GetCommand', 'UpdateCommand', 'GetCommand']);
    expect(commands[0]).toContain(`K#${apiKeyHash(text)}`);
    for (const each of commands) expect(each).not.toContain(text.slice('ivy_live_'.length, -6));
  });
});

describe('a revoked key', () => {
  it('is denied by the authorizer at the next read', async () => {
    // One key was never used, and the cache entry of the other key has expired. So the authorizer has neither key in its cache.
    const [unused, used] = [await createKey(), await createKey()];
    expect(await authorize(used.text)).toContain('"Allow"');
    expireCache();
    for (const { text, id } of [unused, used]) {
      await callApi('DELETE', `/v1/api-keys/${id}`);
      expect(await authorize(text)).toContain('"Deny"');
    }
  });

  it('works for less than a minute, in either header, as documented', async () => {
    const { text, id } = await createKey();
    await authorize(text);
    await callApi('DELETE', `/v1/api-keys/${id}`);
    const revokedMs = Date.now();
    const bearer = async () =>
      JSON.stringify(await functions.authorizer({ authorization: `Bearer ${text}` }));
    // If a use extended the cache entry, these uses would keep the key valid for longer than a minute.
    for (let seconds = 0; seconds < 60; seconds += 10) {
      vi.setSystemTime(revokedMs + seconds * 1000);
      await authorize(text);
    }
    vi.setSystemTime(revokedMs + 60_000);
    expect(await authorize(text)).toContain('"Deny"');
    expect(await bearer()).toContain('"Deny"');
    figures['seconds for which a revoked key can still work, at most'] = CACHE_MS / 1000;
    // API Gateway does not cache the result of the authorizer.
    const gateway = resource(templateOf(), 'AWS::ApiGateway::Authorizer').Properties;
    expect(gateway).toMatchObject({ AuthorizerResultTtlInSeconds: 0 });
    for (const file of ['docs/admin.md', 'docs/webhooks-and-events.md', 'docs/site/openapi.json'])
      expect(readFileSync(file, 'utf8')).toMatch(/revoke[sd][^|]{0,40}within a minute/i);
  });
});

describe('the table', () => {
  it('contains no key, secret, idempotency key or token in any recoverable form', async () => {
    const created = { keys: [] as string[], secrets: [] as string[] };
    for (let number = 0; number < 20; number += 1) {
      const { key = '' } = await callApi('POST', '/v1/api-keys', { name: `Server ${number}` });
      created.keys.push(key);
      await authorize(key);
    }
    const { id = '', secret = '' } = await callApi('POST', '/v1/webhooks', { url: 'https://127.0.0.1/hook' });
    created.secrets.push(secret);
    for (const path of ['rotate-secret', 'rotate-secret', 'rotate-secret']) {
      const { secret: next = '' } = await callApi('POST', `/v1/webhooks/${id}/${path}`, {});
      created.secrets.push(next);
    }
    expect(await callApi('GET', `/v1/webhooks/${id}/secret`)).toEqual({ secret: created.secrets.at(-1) });
    const idempotency = 'order-4711-of-the-caller';
    const email = { from: 'a@example.com', to: ['b@example.com'], subject: 'Hello', text: 'Hi' };
    await callApi('POST', '/v1/send', email, { 'idempotency-key': idempotency });
    const token = 'k'.repeat(52);
    await openProbe(functions.table, token, Date.now());

    const stored = [...functions.table.rows.values()].map(rowText).join('\n');
    const secretForms = created.secrets.flatMap((each) => {
      const bytes = Buffer.from(each.slice('whsec_'.length), 'base64');
      return [
        ...(['base64', 'base64url', 'hex'] as const).map((form) => bytes.toString(form)),
        Buffer.from(each).toString('hex'),
      ];
    });
    const keyForms = created.keys.flatMap((key) => [
      key.slice('ivy_live_'.length, -6),
      Buffer.from(key).toString('hex'),
    ]);
    const forms = [...secretForms, ...keyForms, idempotency, token];
    figures['keys and secrets searched for in every row'] = created.keys.length + created.secrets.length;
    expect(forms.filter((form) => stored.includes(form))).toEqual([]);
    // The searched text contains the stored rows, with the hashes of the keys and binary values.
    for (const key of created.keys) expect(stored).toContain(apiKeyHash(key));
    expect(stored).toContain('bytes:');
    expect(new Set([...created.keys, ...created.secrets]).size).toBe(24);
  });
});
