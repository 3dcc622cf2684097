import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildSite, sitePages } from '../../site/build-site.ts';
import type { OpenApi } from '../../site/openapi.ts';
import { splitSections } from '../../site/markdown.ts';
import type { SearchEntry } from '../../site/search-index.ts';

const MAX_FIRST_VIEW_BYTES = 100 * 1024;
let files: ReadonlyMap<string, string>;
let html: readonly (readonly [path: string, page: string])[];

beforeAll(() => {
  files = new Map(buildSite().map(({ path, contents }) => [path, Buffer.from(contents).toString()]));
  html = [...files].filter(([path]) => path.endsWith('.html'));
});

/** The address of a page file, relative to `/docs/`. */
function addressOf(file: string): string {
  return file === 'index.html' ? '../docs' : file.replace(/\.html$/, '');
}

describe('the documentation site', () => {
  it('is the same in every build', () => {
    const again = buildSite().map(({ path, contents }) => [path, Buffer.from(contents).toString()]);
    expect(new Map(again as [string, string][])).toEqual(files);
  });

  it('has the quickstart as its first page, with install, send, log and webhook in this order', () => {
    const page = files.get('index.html') ?? '';
    const steps = ['ivymail-events start', '/v1/send"', '/v1/send/logs', '/v1/webhooks"', 'verifyWebhook'];
    const positions = steps.map((step) => page.indexOf(step.replace('"', '&quot;')));
    expect(positions.every((position) => position > 0)).toBe(true);
    expect(positions).toEqual(positions.toSorted((left, right) => left - right));
  });

  it('has every section of the guide, and every operation of the OpenAPI document', () => {
    const all = html.map(([, page]) => page).join('\n');
    const titles = new Set(sitePages().map(({ html: page }) => /<h1[^>]*id="([^"]+)"/.exec(page)?.[1]));
    for (const heading of splitSections(readFileSync('docs/webhooks-and-events.md', 'utf8')).keys())
      expect(titles).toContain(heading.toLowerCase().replaceAll(' ', '-'));
    const { paths } = JSON.parse(readFileSync('docs/site/openapi.json', 'utf8')) as OpenApi;
    for (const [path, operations] of Object.entries(paths))
      for (const { summary } of Object.values(operations)) {
        expect(all).toContain(`<code>${path}</code>`);
        expect(all).toContain(`>${summary}<`);
      }
  });

  it('links each route in the table of all routes to its operation', () => {
    const page = files.get('api.html') ?? '';
    expect(page).toContain('<a href="api/email#send-an-email"><code>POST /v1/send</code></a>');
    expect(page).not.toMatch(/<td><code>[A-Z]+ \/v1\//);
  });

  it('runs no inline script, has no inline style, and loads only its own files', () => {
    for (const [, page] of html) {
      expect(page).not.toMatch(/<script(?! src="assets\/)|<style|\sstyle="|\son\w+="|javascript:/i);
      const loaded = [...page.matchAll(/<(?:script|link|img)[^>]*\s(?:src|href)="([^"]+)"/g)];
      expect(loaded.map(([, address = '']) => address).filter((address) => !files.has(address))).toEqual([]);
    }
  });

  it('loads less than 100 KB for the first view of any page, even without compression', () => {
    const assets = [...files].filter(([path]) => /assets\/(?:start|main|style|icon)-/.test(path));
    const bytes = (text: string): number => Buffer.byteLength(text);
    const shared = assets.reduce((sum, [, content]) => sum + bytes(content), 0);
    const sizes = html.map(([path, page]) => [path, shared + bytes(page)] as const);
    const first = sizes.find(([path]) => path === 'index.html')?.[1] ?? Infinity;
    expect(first).toBeLessThan(MAX_FIRST_VIEW_BYTES);
    const compressed = html.map(
      ([, page]) => gzipSync(page).byteLength + gzipSync(assets.join('')).byteLength,
    );
    expect(Math.max(...compressed)).toBeLessThan(MAX_FIRST_VIEW_BYTES / 2);
  });

  it('has only relative links, and the target of each link exists', () => {
    const served = new Set(['../dashboard', '../llms.txt', '../v1/openapi.json', ...files.keys()]);
    const ids = new Map(
      html.map(([path, page]) => [
        addressOf(path),
        new Set([...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)),
      ]),
    );
    const broken = html.flatMap(([path, page]) =>
      [...page.matchAll(/<(?!base)\w+[^>]*\shref="([^"]*)"/g)].flatMap(([, href = '']) => {
        if (/^https?:/.test(href) || served.has(href)) return [];
        const [address = '', anchor] = href.split('#');
        const known = ids.get(address);
        return known && (anchor === undefined || known.has(anchor)) ? [] : [`${path}: ${href}`];
      }),
    );
    expect(broken).toEqual([]);
  });

  it('has no two elements with the same id on a page, and one title', () => {
    for (const [, page] of html) {
      const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
      expect(ids).toEqual([...new Set(ids)]);
      expect([...page.matchAll(/<h1/g)]).toHaveLength(1);
    }
  });

  it('leads each anchor of the single page of earlier versions to its new page', () => {
    const [, json = '{}'] = /data-moved="([^"]*)"/.exec(files.get('index.html') ?? '') ?? [];
    const moved = JSON.parse(json.replaceAll('&quot;', '"')) as Record<string, string>;
    expect(moved).toMatchObject({
      retries: 'retries',
      'failing-endpoints': 'retries#failing-endpoints',
      security: 'security',
      'test-addresses': 'sending#test-addresses',
      'api-reference': 'api',
    });
    const addresses = html.map(([path]) => addressOf(path));
    for (const address of Object.values(moved)) expect(addresses).toContain(address.split('#')[0]);
  });
});

describe('the examples of the site', () => {
  it('show every request of the guide in curl, Node.js and Python, without shell quoting', () => {
    for (const name of ['sending', 'logs', 'webhook-setup', 'suppression', 'keys', 'index']) {
      const page = files.get(`${name}.html`) ?? '';
      for (const language of ['curl', 'node', 'python'])
        expect(page).toContain(`data-language="${language}"`);
      expect(page).not.toMatch(/\$BASE|\$KEY|&#39;&quot;\$|'&quot;\$/);
    }
  });

  it('show the verifiers in their languages as tabs', () => {
    const page = files.get('security.html') ?? '';
    const languages = [...page.matchAll(/data-language="(\w+)"/g)].map(([, language]) => language);
    expect(languages).toEqual(
      expect.arrayContaining(['node', 'python', 'go', 'java', 'rust', 'php', 'ruby', 'curl']),
    );
    expect(page).not.toContain('<summary>In Python');
  });

  it('mark the key and the address, so that the script can fill them in', () => {
    const page = files.get('sending.html') ?? '';
    expect(page).toContain('<span data-fill="key">YOUR_API_KEY</span>');
    expect(page).toContain('<span data-fill="base">https://YOUR_API_ADDRESS</span>');
  });
});

describe('the search index', () => {
  let entries: readonly SearchEntry[];
  beforeAll(() => {
    const [, json = ''] = [...files].find(([path]) => path.endsWith('.json')) ?? [];
    entries = JSON.parse(json) as readonly SearchEntry[];
  });

  it('has an entry with its place for each heading of a guide and each operation', () => {
    expect(entries).toContainEqual(
      expect.objectContaining({ u: 'sending#test-addresses', h: 'Test addresses', p: 'Email › Sending' }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({
        u: 'api/webhooks#recover-missed-events',
        h: 'Recover missed events',
        p: 'API reference › Webhooks',
      }),
    );
  });

  it('is not loaded by the first view, and no page contains it', () => {
    for (const [, page] of html) expect(page).not.toContain('<link rel="preload"');
    expect(entries.length).toBeGreaterThan(100);
  });
});
