import { suppressionListJson } from '../../lambdas/api/schemas/suppressions.ts';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { buildDocuments } from '../../pages/docs.ts';
import { EVENT_NAMES, LOG_TYPE_OF } from '../../lambdas/core/events.ts';
import { normalize } from '../../lambdas/ingest/normalize.ts';
import { ROUTES } from '../../lambdas/api/routes.ts';
import { updatedEndpointJson } from '../../lambdas/api/schemas/webhooks.ts';
import { webhookPayload } from '../../lambdas/delivery/payload.ts';
import { WORKSPACE_ID, aReputationEvent } from '../../sim/builders/events.ts';
import { SAMPLES } from '../../sim/ses/samples.ts';

const page = readFileSync('docs/webhooks-and-events.md', 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, code = '']) => code);

describe('the documents for programs', () => {
  it('are current: run npm run docs', () => {
    for (const [name, content] of Object.entries(buildDocuments()))
      expect(readFileSync(`docs/site/${name}`, 'utf8') === content, `docs/site/${name} is out of date`).toBe(
        true,
      );
  });
});

describe('the table of events on the page', () => {
  it('names every event with its log type', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (\w+) +\|/gm)].map(([, event, type]) => [event, type]);
    expect(rows).toEqual(EVENT_NAMES.map((name) => [name, LOG_TYPE_OF[name]]));
  });
});

describe('the commands on the page', () => {
  it('call every route that needs a key, except four that resemble another one', () => {
    const commands = [...blocks('sh'), readFileSync('docs/reputation.md', 'utf8')].join('\n');
    for (const { method, path } of ROUTES.filter((route) => route.scope !== 'public')) {
      const pattern = path.replaceAll(/\{\w+\}/g, '[^/"?]+').replaceAll('/', '\\/');
      const called = new RegExp(`${method === 'GET' ? '' : `-X ${method} `}"\\$BASE${pattern}["?]`);
      const isShown =
        called.test(commands) ||
        [
          'GET /v1/webhooks',
          'GET /v1/webhooks/{id}',
          'DELETE /v1/webhooks/{id}',
          'DELETE /v1/api-keys/{id}',
        ].includes(`${method} ${path}`);
      expect(isShown, `${method} ${path} is not on the page`).toBe(true);
    }
  });
});

const EXAMPLES = blocks('json').map((block) => JSON.parse(block) as Record<string, unknown>);
const ENDPOINTS = EXAMPLES.filter((example) => 'status' in example);
const COUNTS = EXAMPLES.filter((example) => 'counts' in example);
const LISTS = EXAMPLES.filter((example) => 'data' in example);
const PAYLOADS = EXAMPLES.filter((example) => ![...ENDPOINTS, ...COUNTS, ...LISTS].includes(example));

describe('a payload on the page', () => {
  const reputationEvent = aReputationEvent('reputation.paused', { configurationSet: 'newsletter' });
  const realPayloads = new Map<unknown, Record<string, unknown>>([
    ['reputation.paused', JSON.parse(webhookPayload(reputationEvent)) as Record<string, unknown>],
    ...Object.values(SAMPLES)
      .flatMap((sample) => normalize(sample).events)
      // The last sample of an event wins: the one with the most details.
      .toSorted((left, right) => Object.keys(left.details).length - Object.keys(right.details).length)
      .map(
        (event) =>
          [
            event.event,
            JSON.parse(webhookPayload({ ...event, workspace_id: WORKSPACE_ID })) as Record<string, unknown>,
          ] as const,
      ),
  ]);

  it.each(PAYLOADS)('has the fields of a real payload of $event', (example) => {
    const { tags: _tags, ...payload } = realPayloads.get(example['event']) ?? {};
    expect(Object.keys(example).toSorted()).toEqual(Object.keys(payload).toSorted());
    for (const [name, value] of Object.entries(example)) expect(typeof value).toBe(typeof payload[name]);
  });

  it('is shown for delivered, bounced, complained and reputation.paused', () => {
    expect(PAYLOADS.map(({ event }) => event)).toEqual([
      'delivered',
      'bounced',
      'complained',
      'reputation.paused',
    ]);
  });
});

describe('the suppression list on the page', () => {
  it('is a valid response of the API', () => {
    expect(LISTS).toHaveLength(1);
    expect(suppressionListJson.parse(LISTS[0])).toEqual(LISTS[0]);
  });
});

describe('an endpoint on the page', () => {
  it('has only fields of the API, each with a valid value', () => {
    expect(ENDPOINTS).toHaveLength(2);
    for (const endpoint of ENDPOINTS) {
      expect(Object.keys(endpoint).filter((name) => !(name in updatedEndpointJson.shape))).toEqual([]);
      expect(z.partial(updatedEndpointJson).safeParse(endpoint)).toMatchObject({ success: true });
    }
  });
});
