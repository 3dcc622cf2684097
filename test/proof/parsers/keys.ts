/** What lets somebody in, or on: keys and cursors. */
import { isDeepStrictEqual } from 'node:util';
import { createAuthorizer } from '../../../lambdas/api/authorize.ts';
import { isWellFormedApiKey, newApiKey } from '../../../lambdas/core/api-key.ts';
import { openCursor, sealCursor, type CursorScope } from '../../../lambdas/core/cursor.ts';
import { WORKSPACE_ID } from '../../../sim/builders/events.ts';
import type { Dice } from '../../../sim/random.ts';
import { damageText, noise } from './damage.ts';
import { toError, assertThat, expectUnchanged, type Parser } from './parser.ts';

const CURSOR_KEY = Buffer.alloc(32, 1);
const METHOD_ARN = 'arn:aws:execute-api:us-east-1:000000000000:api/prod/GET/v1/send/logs';

function aScope(dice: Dice): CursorScope {
  const status = dice.pick(['sent', 'bounced', noise(dice)]);
  const filters = dice.pick([{}, { status }, { status, to: 'ann@example.com' }]);
  return { workspaceId: WORKSPACE_ID, route: dice.pick(['/v1/send/logs', '/v1/suppressions']), filters };
}

/** The same with its filters in another order, or another one. */
function scopeLike(scope: CursorScope, dice: Dice): CursorScope {
  const { workspaceId, route, filters } = scope;
  const turned = Object.fromEntries(Object.entries(filters).toReversed());
  return dice.pick([
    scope,
    { ...scope, filters: turned },
    { ...scope, workspaceId: damageText(workspaceId, dice) },
    { ...scope, route: damageText(route, dice) },
    { ...scope, filters: { ...filters, status: damageText(filters['status'] ?? '', dice) } },
    { ...scope, filters: { ...filters, [damageText('to', dice)]: 'x' } },
    aScope(dice),
  ]);
}

interface Headers {
  readonly headers: Record<string, string>;
  /** The different keys that these headers carry, empty ones left out. */
  readonly keys: readonly string[];
}

/** What HTTP allows in a header value, without spaces around it. */
function headerText(text: string): string {
  return text.replaceAll(/[^\u0021-\u007e]/g, '');
}

function headerDamage(dice: Dice): Headers {
  const key = newApiKey('live', (size) => dice.bytes(size));
  const value = (): string => headerText(dice.pick([key, key, damageText(key, dice), noise(dice), '']));
  const [first, second] = [value(), value()];
  const carrying = (headers: Record<string, string>, ...keys: string[]): Headers => ({
    headers,
    keys: [...new Set(keys)].filter((each) => each !== ''),
  });
  const damagedName = damageText('x-api-key', dice);
  return dice.pick<Headers>([
    carrying({ 'x-api-key': first }, first),
    carrying({ 'X-API-Key': first }, first),
    carrying({ Authorization: `Bearer ${first}` }, first),
    carrying({ authorization: `bEARER  ${first}` }, first),
    carrying({ authorization: `Bearer ${second}`, 'x-api-key': first }, first, second),
    carrying({ authorization: `Basic ${second}`, 'x-api-key': first }, first),
    carrying({ authorization: first }),
    carrying({ [damagedName]: first }, damagedName.toLowerCase() === 'x-api-key' ? first : ''),
    carrying(JSON.parse(`{"__proto__":{"x-api-key":"${key}"},"constructor":"x"}`) as Record<string, string>),
  ]);
}

export const CREDENTIALS: readonly Parser[] = [
  {
    name: 'cursor',
    try(dice) {
      const scope = aScope(dice);
      const direction = dice.pick(['next', 'prev'] as const);
      const position = { key: dice.pick(['E#2026-02-25T12:00:00.000Z#evt_a', '', noise(dice)]), direction };
      const sealed = sealCursor(position, scope, {
        key: CURSOR_KEY,
        randomBytes: (size) => dice.bytes(size),
      });
      const text = dice.pick([sealed, sealed, sealed, damageText(sealed, dice), noise(dice)]);
      const asked = scopeLike(scope, dice);
      const opened = openCursor(text, asked, CURSOR_KEY);
      const good = text === sealed && isDeepStrictEqual(asked, scope);
      assertThat(
        (opened !== undefined) === good,
        'A cursor opened that is not of this list, or one did not that is',
      );
      assertThat(!opened || isDeepStrictEqual(opened, position), 'The position is another one');
      return opened ? 'taken' : 'refused';
    },
  },
  {
    name: 'key',
    try(dice) {
      const key = newApiKey(dice.pick(['live', 'test']), (size) => dice.bytes(size));
      const text = dice.pick([key, damageText(key, dice), noise(dice)]);
      const formed = isWellFormedApiKey(text);
      assertThat(text !== key || formed, 'A key of ours is not well-formed');
      assertThat(
        !formed || /^ivy_(?:live|test)_[0-9A-Za-z]{36}$/.test(text),
        'What is well-formed is no key',
      );
      return formed ? 'taken' : 'refused';
    },
  },
  {
    name: 'headers, by the authorizer',
    async try(dice) {
      const { headers, keys } = headerDamage(dice);
      const wanted = keys.length === 1 && isWellFormedApiKey(keys[0] ?? '') ? 1 : 0;
      let reads = 0;
      const authorize = createAuthorizer({
        findApiKey: () => {
          reads += 1;
          return Promise.resolve(undefined);
        },
        touchApiKey: () => Promise.resolve(),
        now: () => 0,
      });
      const answer = await expectUnchanged({ headers, methodArn: METHOD_ARN }, (request) =>
        authorize(request).catch(toError),
      );
      assertThat(reads === wanted, 'A misspelled key was looked up, or a good one not');
      if (answer instanceof Error) {
        assertThat(answer.message === 'Unauthorized', `The authorizer failed: ${answer.message}`);
        assertThat(keys.length === 0, 'A key was taken for none');
        return 'refused';
      }
      const { context, policyDocument } = answer.result;
      if (keys.length > 1)
        assertThat(isDeepStrictEqual(context, { credentials: 'conflict' }), 'One of two keys was chosen');
      else assertThat(policyDocument.Statement[0]?.Effect === 'Deny', 'An unknown key was let in');
      return reads === 1 ? 'taken' : 'refused';
    },
  },
];
