import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CACHE_MS } from '../../../lambdas/api/authorize.ts';
import { apiKeyHash, newApiKey } from '../../../lambdas/core/api-key.ts';
import { deterministicId } from '../../../lambdas/core/ids.ts';
import { putApiKey, type ApiKey } from '../../../lambdas/store/api-keys.ts';
import { openProbe } from '../../../lambdas/store/probes.ts';
import { resource, templateOf } from '../../../pages/template.ts';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { SEED, sized } from '../size.ts';
import { Dice, seededRandom } from '../../../sim/random.ts';
import { loadFunctions, unloadFunctions, type Functions } from './functions.ts';
import { captureLogs, type LogCapture } from './log-capture.ts';
import { textOfRow } from './rows.ts';

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

async function aKey(fields: Partial<ApiKey> = {}): Promise<{ readonly text: string; readonly id: string }> {
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

/** Moves the clock, so that the authorizer reads each key again. */
function afterAMinute(): void {
  vi.setSystemTime(Date.now() + CACHE_MS);
}

async function answerTo(key: string): Promise<string> {
  return JSON.stringify(await functions.authorizer({ 'x-api-key': key }));
}

async function ask(method: string, path: string, body?: object, headers = {}) {
  const request = { method, path, headers, workspaceId: WORKSPACE_ID };
  const { statusCode, body: text } = await functions.api({ ...request, ...(body && { body }) });
  if (statusCode >= 300) throw new Error(`${method} ${path}: ${text}`);
  return (text === '' ? {} : JSON.parse(text)) as Record<string, string>;
}

/** One character of it is another one, each position in its turn. */
function misspelt(key: string, index: number, dice: Dice): string {
  const position = index % key.length;
  const other = dice.pick(CHARACTERS.filter((each) => each !== key[position]));
  return key.slice(0, position) + other + key.slice(position + 1);
}

describe('a key that is good for nothing', () => {
  it('is answered like every other such key, and a misspelt one before anything is read', async () => {
    const dice = new Dice(seededRandom(SEED));
    const good = await aKey();
    const expired = await aKey({ expires_at: '2026-01-02T00:00:00Z' });
    const revoked = await aKey();
    expect(JSON.parse(await answerTo(revoked.text))).toMatchObject({ principalId: revoked.id });
    await ask('DELETE', `/v1/api-keys/${revoked.id}`);
    afterAMinute();

    const unknown = await answerTo(newApiKey('live', randomBytes));
    expect(unknown).toContain('"Deny"');
    for (const each of [expired.text, revoked.text, newApiKey('test', randomBytes)])
      expect(await answerTo(each)).toBe(unknown);

    const { length: before } = functions.table.calls;
    let other = 0;
    for (let index = 0; index < BAD_KEYS; index += 1) {
      const key = misspelt(
        index % 2 === 0 ? good.text : newApiKey('live', (size) => dice.bytes(size)),
        index,
        dice,
      );
      if ((await answerTo(key)) !== unknown) other += 1;
    }
    Object.assign(figures, {
      'keys with one character wrong': BAD_KEYS,
      'reads for them': functions.table.calls.length - before,
      'answers to them unlike that to an unknown key': other,
    });
    expect(functions.table.calls).toHaveLength(before);
    expect(other).toBe(0);
  });

  it('is told from a good one by a single read, by its hash: nothing of the key itself goes to the table', async () => {
    const { text, id } = await aKey();
    const asked: string[] = [];
    functions.table.before = (command, input) => asked.push(`${command} ${JSON.stringify(input)}`);
    expect(JSON.parse(await answerTo(text))).toMatchObject({ principalId: id });
    await answerTo(newApiKey('live', randomBytes));
    // The good one is noted as used.
    expect(asked.map((each) => each.split(' ')[0])).toEqual(['GetCommand', 'UpdateCommand', 'GetCommand']);
    expect(asked[0]).toContain(`K#${apiKeyHash(text)}`);
    for (const each of asked) expect(each).not.toContain(text.slice('ivy_live_'.length, -6));
  });
});

describe('a key that is revoked', () => {
  it('is denied by the authorizer the next time that it is read', async () => {
    // One was never used, the other a minute ago: there is nothing to remember.
    const [unused, used] = [await aKey(), await aKey()];
    expect(await answerTo(used.text)).toContain('"Allow"');
    afterAMinute();
    for (const { text, id } of [unused, used]) {
      await ask('DELETE', `/v1/api-keys/${id}`);
      expect(await answerTo(text)).toContain('"Deny"');
    }
  });

  it('works for less than a minute, in either header, as the documentation says', async () => {
    const { text, id } = await aKey();
    await answerTo(text);
    await ask('DELETE', `/v1/api-keys/${id}`);
    const revokedMs = Date.now();
    const bearer = async () =>
      JSON.stringify(await functions.authorizer({ authorization: `Bearer ${text}` }));
    // Each use would restart the minute if it could.
    for (let seconds = 0; seconds < 60; seconds += 10) {
      vi.setSystemTime(revokedMs + seconds * 1000);
      await answerTo(text);
    }
    vi.setSystemTime(revokedMs + 60_000);
    expect(await answerTo(text)).toContain('"Deny"');
    expect(await bearer()).toContain('"Deny"');
    figures['seconds that a revoked key goes on, at most'] = CACHE_MS / 1000;
    // Nothing else remembers it.
    const gateway = resource(templateOf(), 'AWS::ApiGateway::Authorizer').Properties;
    expect(gateway).toMatchObject({ AuthorizerResultTtlInSeconds: 0 });
    for (const file of [
      'docs/admin.md',
      'docs/webhooks-and-events.md',
      'docs/site/openapi.json',
      'docs/site/docs.html',
    ])
      expect(readFileSync(file, 'utf8')).toMatch(/revoke[sd][^|]{0,40}within a minute/i);
  });
});

describe('what is stored', () => {
  it('holds no key, no secret, no idempotency key and no token, in any form it could be read back from', async () => {
    const made = { keys: [] as string[], secrets: [] as string[] };
    for (let number = 0; number < 20; number += 1) {
      const { key = '' } = await ask('POST', '/v1/api-keys', { name: `Server ${number}` });
      made.keys.push(key);
      await answerTo(key);
    }
    const { id = '', secret = '' } = await ask('POST', '/v1/webhooks', { url: 'https://127.0.0.1/hook' });
    made.secrets.push(secret);
    for (const path of ['rotate-secret', 'rotate-secret', 'rotate-secret']) {
      const { secret: next = '' } = await ask('POST', `/v1/webhooks/${id}/${path}`, {});
      made.secrets.push(next);
    }
    expect(await ask('GET', `/v1/webhooks/${id}/secret`)).toEqual({ secret: made.secrets.at(-1) });
    const idempotency = 'order-4711-of-the-caller';
    const mail = { from: 'a@example.com', to: ['b@example.com'], subject: 'Hello', text: 'Hi' };
    await ask('POST', '/v1/send', mail, { 'idempotency-key': idempotency });
    const token = 'k'.repeat(52);
    await openProbe(functions.table, token, Date.now());

    const stored = [...functions.table.rows.values()].map(textOfRow).join('\n');
    const secretForms = made.secrets.flatMap((each) => {
      const bytes = Buffer.from(each.slice('whsec_'.length), 'base64');
      return [
        ...(['base64', 'base64url', 'hex'] as const).map((form) => bytes.toString(form)),
        Buffer.from(each).toString('hex'),
      ];
    });
    const keyForms = made.keys.flatMap((key) => [
      key.slice('ivy_live_'.length, -6),
      Buffer.from(key).toString('hex'),
    ]);
    const forms = [...secretForms, ...keyForms, idempotency, token];
    figures['keys and secrets looked for in every row'] = made.keys.length + made.secrets.length;
    expect(forms.filter((form) => stored.includes(form))).toEqual([]);
    // What is looked through is what was written.
    for (const key of made.keys) expect(stored).toContain(apiKeyHash(key));
    expect(stored).toContain('bytes:');
    expect(new Set([...made.keys, ...made.secrets]).size).toBe(24);
  });
});
