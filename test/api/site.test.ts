import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { setUpApi } from './harness.ts';

it.each([
  ['/docs', 'docs.html', 'text/html'],
  ['/llms.txt', 'llms.txt', 'text/plain'],
  ['/v1/openapi.json', 'openapi.json', 'application/json'],
])('%s is public and can be cached for five minutes', async (path, file, type) => {
  const response = await setUpApi().sendRequest({ path });
  expect(response).toMatchObject({
    status: 200,
    text: readFileSync(`docs/site/${file}`, 'utf8'),
    headers: {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'public, max-age=300',
      'x-content-type-options': 'nosniff',
    },
  });
});
