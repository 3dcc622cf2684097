/** API keys, the authorizer's headers, and cursors. */
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

function randomScope(dice: Dice): CursorScope {
  const status = dice.pick(['sent', 'bounced', noise(dice)]);
  const filters = dice.pick([{}, { status }, { status, to: 'ann@example.com' }]);
  return { workspaceId: WORKSPACE_ID, route: dice.pick(['/v1/send/logs', '/v1/suppressions']), filters };
}

/** Returns the same scope, the same with its filters in another order, or a different scope. */
function similarScope(scope: CursorScope, dice: Dice): CursorScope {
  const { workspaceId, route, filters } = scope;
  const reordered = Object.fromEntries(Object.entries(filters).toReversed());
  return dice.pick([
    scope,
    { ...scope, filters: reordered },
    { ...scope, workspaceId: damageText(workspaceId, dice) },
    { ...scope, route: damageText(route, dice) },
    { ...scope, filters: { ...filters, status: damageText(filters['status'] ?? '', dice) } },
    { ...scope, filters: { ...filters, [damageText('to', dice)]: 'x' } },
    randomScope(dice),
  ]);
}

interface HeaderCase {
  readonly headers: Record<string, string>;
  /** The different keys in these headers, without empty ones. */
  readonly keys: readonly string[];
}

/** Removes the characters that HTTP does not allow in a header value, and spaces. */
function headerText(text: string): string {
  return text.replaceAll(/[^\u0021-\u007e]/g, '');
}

function randomHeaders(dice: Dice): HeaderCase {
  const key = newApiKey('live', (size) => dice.bytes(size));
  const value = (): string => headerText(dice.pick([key, key, damageText(key, dice), noise(dice), '']));
  const [first, second] = [value(), value()];
  const withKeys = (headers: Record<string, string>, ...keys: string[]): HeaderCase => ({
    headers,
    keys: [...new Set(keys)].filter((each) => each !== ''),
  });
  const damagedName = damageText('x-api-key', dice);
  return dice.pick<HeaderCase>([
    withKeys({ 'x-api-key': first }, first),
    withKeys({ 'X-API-Key': first }, first),
    withKeys({ Authorization: `Bearer ${first}` }, first),
    withKeys({ authorization: `bEARER  ${first}` }, first),
    withKeys({ authorization: `Bearer ${second}`, 'x-api-key': first }, first, second),
    withKeys({ authorization: `Basic ${second}`, 'x-api-key': first }, first),
    withKeys({ authorization: first }),
    withKeys({ [damagedName]: first }, damagedName.toLowerCase() === 'x-api-key' ? first : ''),
    withKeys(JSON.parse(`{"__proto__":{"x-api-key":"${key}"},"constructor":"x"}`) as Record<string, string>),
  ]);
}

export const CREDENTIALS: readonly Parser[] = [
  {
    name: 'cursor',
    try(dice) {
      const scope = randomScope(dice);
      const direction = dice.pick(['next', 'prev'] as const);
      const position = { key: dice.pick(['E#2026-02-25T12:00:00.000Z#evt_a', '', noise(dice)]), direction };
      const sealed = sealCursor(position, scope, {
        key: CURSOR_KEY,
        randomBytes: (size) => dice.bytes(size),
      });
      const text = dice.pick([sealed, sealed, sealed, damageText(sealed, dice), noise(dice)]);
      const requestedScope = similarScope(scope, dice);
      const opened = openCursor(text, requestedScope, CURSOR_KEY);
      const isValid = text === sealed && isDeepStrictEqual(requestedScope, scope);
      assertThat(
        (opened !== undefined) === isValid,
        'A cursor of another list was opened, or a valid cursor was refused',
      );
      assertThat(!opened || isDeepStrictEqual(opened, position), 'The cursor returned another position');
      return opened ? 'accepted' : 'refused';
    },
  },
  {
    name: 'API key',
    try(dice) {
      const key = newApiKey(dice.pick(['live', 'test']), (size) => dice.bytes(size));
      const text = dice.pick([key, damageText(key, dice), noise(dice)]);
      const isWellFormed = isWellFormedApiKey(text);
      assertThat(text !== key || isWellFormed, 'A new key is not well-formed');
      assertThat(
        !isWellFormed || /^ivy_(?:live|test)_[0-9A-Za-z]{36}$/.test(text),
        'A text that is not a key is well-formed',
      );
      return isWellFormed ? 'accepted' : 'refused';
    },
  },
  {
    name: 'headers of the authorizer',
    async try(dice) {
      const { headers, keys } = randomHeaders(dice);
      const expectedReads = keys.length === 1 && isWellFormedApiKey(keys[0] ?? '') ? 1 : 0;
      let reads = 0;
      const authorize = createAuthorizer({
        findApiKey: () => {
          reads += 1;
          return Promise.resolve(undefined);
        },
        touchApiKey: () => Promise.resolve(),
        now: () => 0,
      });
      const response = await expectUnchanged({ headers, methodArn: METHOD_ARN }, (request) =>
        authorize(request).catch(toError),
      );
      assertThat(reads === expectedReads, 'A misspelled key was looked up, or a well-formed key was not');
      if (response instanceof Error) {
        assertThat(response.message === 'Unauthorized', `The authorizer failed: ${response.message}`);
        assertThat(keys.length === 0, 'The authorizer did not find the key in the headers');
        return 'refused';
      }
      const { context, policyDocument } = response.result;
      if (keys.length > 1)
        assertThat(
          isDeepStrictEqual(context, { credentials: 'conflict' }),
          'The authorizer chose one of two keys',
        );
      else assertThat(policyDocument.Statement[0]?.Effect === 'Deny', 'An unknown key was allowed');
      return reads === 1 ? 'accepted' : 'refused';
    },
  },
];
