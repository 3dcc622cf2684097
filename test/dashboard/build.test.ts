import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildDashboard, MAX_FIRST_VIEW_BYTES, type Dashboard } from '../../lib/dashboard.ts';
import { setUp } from '../api/harness.ts';

let built: Dashboard;
beforeAll(() => {
  built = buildDashboard();
});

const textOf = (path: string): string =>
  Buffer.from(built.files.find((file) => file.path === path)?.contents ?? []).toString();

describe('the build of the dashboard', () => {
  it('keeps the first view under 60 KB of script and style, gzipped', () => {
    expect(MAX_FIRST_VIEW_BYTES).toBe(60 * 1024);
    expect(built.firstViewBytes).toBeLessThanOrEqual(MAX_FIRST_VIEW_BYTES);
    // What counts it, counts something: the chart library, the framework and the style are in it.
    const first = built.files.filter((file) => file.first && /\.(js|css)$/.test(file.path));
    const text = first.map(({ contents }) => Buffer.from(contents).toString()).join('');
    for (const part of ['u-over', 'x-api-key', '--tone-good', 'Recent trouble']) expect(text).toContain(part);
    const all = first.reduce((sum, { contents }) => sum + gzipSync(contents).byteLength, 0);
    expect(built.firstViewBytes).toBeLessThanOrEqual(all);
    expect(built.firstViewBytes).toBeGreaterThan(all / 2);
  });

  it('names every file by its content, and the same sources the same', () => {
    const again = buildDashboard();
    expect(again.files.map(({ path }) => path)).toEqual(built.files.map(({ path }) => path));
    for (const { path } of built.files.filter((file) => file.path !== 'index.html'))
      expect(path).toMatch(/^assets\/[a-z-]+-[A-Z0-9]{8}\.(js|css|svg)$/);
  });

  it('makes a page without script or style of its own, that leads to files there are', () => {
    const page = textOf('index.html');
    expect(page).not.toMatch(/<script(?![^>]*src=)|<style|style=|\son\w+=/);
    const linked = [...page.matchAll(/(?:href|src)="(assets\/[^"]+)"/g)].map(([, path]) => path);
    expect(linked.length).toBeGreaterThanOrEqual(3);
    expect(built.files.map(({ path }) => path)).toEqual(expect.arrayContaining(linked));
  });
});

describe('the dashboard, as it is served', () => {
  function served() {
    const world = setUp();
    world.deps.readSite = (file) => {
      const text = textOf(file.replace(/^dashboard\//, ''));
      return text === '' ? Promise.reject(new Error(`No ${file}`)) : Promise.resolve(text);
    };
    return world;
  }

  it.each([
    ['/dashboard', 'dashboard/'],
    ['/dashboard/', './'],
    ['/dashboard/logs', './'],
    ['/dashboard/webhooks/ep_a', '../'],
    ['/dashboard/logs/a%2Fb', '../'],
  ])('%s is the page, whose files lie at %s from there', async (path, base) => {
    const told = await served().ask({ path, query: { type: 'bounce', to: 'ann@example.com' } });
    expect(told).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' },
    });
    expect(told.text).toContain(`<base href="${base}" />`);
  });

  it('allows its own files and its own API, and nothing else', async () => {
    const { headers } = await served().ask({ path: '/dashboard' });
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

  it('lets its files be kept forever, since another content has another name', async () => {
    const { ask } = served();
    for (const { path } of built.files.filter((file) => file.path !== 'index.html')) {
      expect(await ask({ path: `/dashboard/${path}` })).toMatchObject({
        status: 200,
        text: textOf(path),
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
  ])('has nothing at %s', async (path) => {
    expect((await served().ask({ path })).status).toBe(404);
  });
});
