import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { buildSite } from '../../pages/docs.ts';
import { EVENT_NAMES, LOG_TYPE_OF } from '../../lambdas/core/events.ts';
import { normalize } from '../../lambdas/ingest/normalize.ts';
import { ROUTES } from '../../lambdas/api/routes.ts';
import { updatedEndpointJson } from '../../lambdas/api/schemas/webhooks.ts';
import { webhookPayload } from '../../lambdas/delivery/payload.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';
import { SAMPLES } from '../../sim/ses/samples.ts';

const page = readFileSync('docs/webhooks-and-events.md', 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, code = '']) => code);

describe('what is served', () => {
  it('is what the sources make: run npm run docs', () => {
    for (const [name, content] of Object.entries(buildSite()))
      expect(readFileSync(`docs/site/${name}`, 'utf8') === content, `docs/site/${name} is out of date`).toBe(
        true,
      );
  });

  it('runs no script, loads nothing, and allows its one style by its hash', () => {
    const html = readFileSync('docs/site/docs.html', 'utf8');
    const style = /<style>([^]*?)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(html).toContain(`default-src 'none'; style-src 'sha256-${hash}'`);
    expect(html).not.toMatch(/<script|<img|<link|style="|\son\w+="|javascript:/i);
  });

  it('is linked below any stage or domain: no link begins at the root', () => {
    const html = readFileSync('docs/site/docs.html', 'utf8');
    expect([...html.matchAll(/href="(\/[^"]*)"/g)].map(([, href]) => href)).toEqual([]);
  });

  it('leads each link within the page to a place that is there', () => {
    const html = readFileSync('docs/site/docs.html', 'utf8');
    for (const [, id] of html.matchAll(/href="#([^"]*)"/g)) expect(html).toContain(`id="${id}"`);
  });
});

describe('the table of events', () => {
  it('names every event with its log type', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (\w+) +\|/gm)].map(([, event, type]) => [event, type]);
    expect(rows).toEqual(EVENT_NAMES.map((name) => [name, LOG_TYPE_OF[name]]));
  });
});

describe('the routes of the page', () => {
  it('are all routes that a user calls', () => {
    const commands = blocks('sh').join('\n');
    for (const { method, path } of ROUTES.filter((route) => route.scope !== 'public')) {
      const shown = path.replaceAll(/\{\w+\}/g, '[^/"?]+').replaceAll('/', '\\/');
      const called = new RegExp(`${method === 'GET' ? '' : `-X ${method} `}"\\$BASE${shown}["?]`);
      const told =
        called.test(commands) ||
        [
          'GET /v1/webhooks',
          'GET /v1/webhooks/{id}',
          'DELETE /v1/webhooks/{id}',
          'DELETE /v1/api-keys/{id}',
        ].includes(`${method} ${path}`);
      expect(told, `${method} ${path} is not on the page`).toBe(true);
    }
  });
});

const SHOWN = blocks('json').map((block) => JSON.parse(block) as Record<string, unknown>);
const ENDPOINTS = SHOWN.filter((shown) => 'status' in shown);
const PAYLOADS = SHOWN.filter((shown) => !ENDPOINTS.includes(shown));

describe('a payload of the page', () => {
  const real = new Map(
    Object.values(SAMPLES)
      .flatMap((sample) => normalize(sample).events)
      // The one that says most: SES leaves out what it does not know.
      .toSorted((left, right) => Object.keys(left.details).length - Object.keys(right.details).length)
      .map((event) => [
        event.event,
        JSON.parse(webhookPayload({ ...event, workspace_id: WORKSPACE_ID })) as Record<string, unknown>,
      ]),
  );

  it.each(PAYLOADS)('of $event has the fields of a real one', (shown) => {
    const { tags: _tags, ...payload } = real.get(shown['event'] as 'bounced') ?? {};
    expect(Object.keys(shown).toSorted()).toEqual(Object.keys(payload).toSorted());
    for (const [name, value] of Object.entries(shown)) expect(typeof value).toBe(typeof payload[name]);
  });

  it('is shown for the three of the mission', () => {
    expect(PAYLOADS.map(({ event }) => event)).toEqual(['delivered', 'bounced', 'complained']);
  });
});

describe('an endpoint of the page', () => {
  it('has fields of the API, each with a value that it may have', () => {
    expect(ENDPOINTS).toHaveLength(2);
    for (const shown of ENDPOINTS) {
      expect(Object.keys(shown).filter((name) => !(name in updatedEndpointJson.shape))).toEqual([]);
      expect(z.partial(updatedEndpointJson).safeParse(shown)).toMatchObject({ success: true });
    }
  });
});
