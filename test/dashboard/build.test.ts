import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildDashboard, MAX_FIRST_VIEW_BYTES, type Dashboard } from '../../build/dashboard.ts';
import { setUpApi } from '../api/harness.ts';

let built: Dashboard;
beforeAll(() => {
  built = buildDashboard();
});

const contentsOf = (path: string): string =>
  Buffer.from(built.files.find((file) => file.path === path)?.contents ?? []).toString();

describe('the dashboard build', () => {
  it('keeps the first view under 60 KB of script and style, gzipped', () => {
    expect(MAX_FIRST_VIEW_BYTES).toBe(60 * 1024);
    expect(built.firstViewBytes).toBeLessThanOrEqual(MAX_FIRST_VIEW_BYTES);
    // The first view contains the charts, the API client, the styles and the overview. Otherwise the size limit
    // would check too little.
    const first = built.files.filter((file) => file.inFirstView && /\.(js|css)$/.test(file.path));
    const text = first.map(({ contents }) => Buffer.from(contents).toString()).join('');
    for (const part of ['plot-target', 'x-api-key', '--tone-good', 'Recent issues'])
      expect(text).toContain(part);
    const all = first.reduce((sum, { contents }) => sum + gzipSync(contents).byteLength, 0);
    expect(built.firstViewBytes).toBeLessThanOrEqual(all);
    expect(built.firstViewBytes).toBeGreaterThan(all / 2);
  });

  it('puts a content hash in every file name, so that equal sources give equal names', () => {
    const again = buildDashboard();
    expect(again.files.map(({ path }) => path)).toEqual(built.files.map(({ path }) => path));
    for (const { path } of built.files.filter((file) => file.path !== 'index.html'))
      expect(path).toMatch(/^assets\/[a-z-]+-[A-Z0-9]{8}\.(js|css|svg)$/);
  });

  it('creates a page that has no inline script or style and links to existing files only', () => {
    const page = contentsOf('index.html');
    expect(page).not.toMatch(/<script(?![^>]*src=)|<style|style=|\son\w+=/);
    const linked = [...page.matchAll(/(?:href|src)="(assets\/[^"]+)"/g)].map(([, path]) => path);
    expect(linked.length).toBeGreaterThanOrEqual(3);
    expect(built.files.map(({ path }) => path)).toEqual(expect.arrayContaining(linked));
  });
});

describe('the served dashboard', () => {
  function served() {
    const api = setUpApi();
    Object.assign(api.deps, {
      readSite: (file: string) => {
        const contents = contentsOf(file.replace(/^dashboard\//, ''));
        return contents === '' ? Promise.reject(new Error(`No ${file}`)) : Promise.resolve(contents);
      },
    });
    return api;
  }

  it.each([
    ['/dashboard', 'dashboard/'],
    ['/dashboard/', './'],
    ['/dashboard/logs', './'],
    ['/dashboard/webhooks/ep_a', '../'],
    ['/dashboard/logs/a%2Fb', '../'],
  ])('serves the page at %s with the base URL %s', async (path, base) => {
    const response = await served().sendRequest({ path, query: { type: 'bounce', to: 'ann@example.com' } });
    expect(response).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' },
    });
    expect(response.text).toContain(`<base href="${base}" />`);
  });

  it('has a content security policy that allows only its own files and its own API', async () => {
    const { headers } = await served().sendRequest({ path: '/dashboard' });
    const policy = String(headers['content-security-policy']).split('; ');
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
    expect(policy.join()).not.toMatch(/unsafe|\*|https?:|data:|blob:/);
    expect(headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' });
  });

  it('serves its files with an immutable cache header, because new content gets a new name', async () => {
    const { sendRequest } = served();
    for (const { path } of built.files.filter((file) => file.path !== 'index.html')) {
      expect(await sendRequest({ path: `/dashboard/${path}` })).toMatchObject({
        status: 200,
        text: contentsOf(path),
        headers: {
          'cache-control': 'public, max-age=31536000, immutable',
          'x-content-type-options': 'nosniff',
        },
      });
    }
  });

  it.each([
    '/dashboard/assets/main-AAAAAAAA.js',
    '/dashboard/assets/..%2F..%2Findex.mjs',
    '/dashboard/assets/index.html',
  ])('returns 404 for %s', async (path) => {
    expect((await served().sendRequest({ path })).status).toBe(404);
  });
});
