import { describe, expect, onTestFinished } from 'vitest';
import { createSender } from '../../../lambdas/delivery/send.ts';
import { isAllowedAddress } from '../../../lambdas/delivery/address-guard.ts';
import { setUpApi, type ApiResponse } from '../../api/harness.ts';
import { watchConnections } from '../guard/connections.ts';
import { PUBLIC_URL, withWebhook } from '../guard/webhook.ts';
import { BLOCKS, isPublic } from '../guard/registry.ts';
import { isApproved } from '../guard/sends.ts';
import { dotted } from '../guard/spellings.ts';
import { fault } from './fault.ts';
import { rawServer } from './servers.ts';

interface Refusal {
  readonly url: string;
  readonly status: number;
  readonly code: string;
  readonly field: string;
}

function refusalOf(url: string, { status, body }: ApiResponse): Refusal {
  return { url, status, code: body.error?.code, field: body.error?.field };
}

/** Tries to create a webhook with each URL, and expects that nothing is stored. */
async function refusalsOf(urls: readonly string[]): Promise<readonly Refusal[]> {
  const { sendRequest, rows } = setUpApi();
  const refusals: Refusal[] = [];
  for (const url of urls) {
    refusals.push(refusalOf(url, await sendRequest({ method: 'POST', path: '/v1/webhooks', body: { url } })));
  }
  expect(rows('endpoint')).toEqual([]);
  return refusals;
}

function codes(refusals: readonly Refusal[]): string {
  const counts = new Map<string, number>();
  for (const { status, code } of refusals) {
    const name = `${status} ${code}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${count} × ${name}`).join(', ');
}

const LOOPBACK = [
  '0x7f000001',
  '0177.0.0.1',
  '2130706433',
  '127.1',
  '0',
  '\u2460\u2461\u2466.\u24ea.\u24ea.\u2460',
  '127\u30020\u30020\u30021',
  '[::1]',
  '[::ffff:7f00:1]',
  '[::7f00:1]',
  'localhost',
  'LOCALHOST.',
];

const METADATA = [
  '169.254.169.254',
  '169.254.170.2',
  '[fd00:ec2::254]',
  '[64:ff9b::a9fe:a9fe]',
  '[2002:a9fe:a9fe::]',
  '[2001:0:5db8:d822::5601:5601]',
];

/** A URL, and the host and path of its request on the wire. */
interface UrlCase {
  readonly url: string;
  readonly host: string;
  readonly path: string;
}

const LONG = `/${'a'.repeat(2_049)}`;
const REFUSED: readonly UrlCase[] = [
  { url: 'https://a.b..c/', host: 'a.b..c', path: '/' },
  { url: `https://example.com${LONG}`, host: 'example.com', path: LONG },
  { url: 'https://example.com/\ta', host: 'example.com', path: '/a' },
  { url: 'https://example.com/\u0000a', host: 'example.com', path: '/%00a' },
  { url: 'https://example.com/\r\nhost: x', host: 'example.com', path: '/host:%20x' },
];
const NORMALIZED: readonly UrlCase[] = [
  { url: 'https://example.com/a%0d%0ab', host: 'example.com', path: '/a%0d%0ab' },
  { url: 'https://p\u0430ypal.example.com/', host: 'xn--pypal-4ve.example.com', path: '/' },
];

const BODY = '{}';
const HEADERS = { 'content-length': '2', 'webhook-id': 'evt_a' };

/** The lines of the request for a URL, sent with plain http to a local server so that the test can read them. */
async function linesSentTo(
  url: string,
): Promise<{ readonly lines: readonly string[]; readonly port: number }> {
  const received: string[] = [];
  const { port } = await rawServer((socket, request) => {
    received.push(request);
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  });
  const send = createSender({ allowLoopback: true, resolve: () => Promise.resolve(['127.0.0.1']) });
  const localUrl = url.replace(/^https:\/\/([^/]+)/, `http://$1:${port}`);
  expect(await send({ url: localUrl, headers: HEADERS, body: BODY })).toMatchObject({ status_code: 200 });
  // A bare CR or LF ends a line for some receivers.
  return { lines: received.join('').split(/\r\n|\r|\n/), port };
}

describe('the URL of an endpoint', () => {
  fault(1, async () => {
    const refusals = await refusalsOf(['http://example.com/h', 'HTTP://example.com']);
    expect(refusals.every(({ status, code }) => status === 422 && code === 'url_https_required')).toBe(true);
    return codes(refusals);
  });

  fault(2, async () => {
    const refusals = await refusalsOf(['https://user:pw@example.com', 'https://example.com@127.0.0.1']);
    for (const refusal of refusals)
      expect(refusal).toMatchObject({ status: 422, code: 'invalid_field', field: 'url' });
    return codes(refusals);
  });

  fault(3, async () => {
    const refusals = await refusalsOf(LOOPBACK.map((host) => `https://${host}/`));
    expect(refusals.map(({ status, code }) => `${status} ${code}`)).toEqual(
      LOOPBACK.map(() => '422 url_address_forbidden'),
    );
    // The check at creation is not the real protection. The sender must refuse the URL even if it is already stored.
    const { port, connections } = await rawServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    const send = createSender({ allowLoopback: false });
    const results = await Promise.all(
      LOOPBACK.map((host) => send({ url: `https://${host}:${port}/`, headers: {}, body: '' })),
    );
    // A name that does not resolve is not sent to, either.
    expect(
      results.filter((result) => !/^(blocked_address|dns_error)$/.test(result.error_class ?? '')),
    ).toEqual([]);
    expect(connections()).toBe(0);
    return `${codes(refusals)}; ${results.length} attempts to send to them, ${connections()} connections`;
  });

  fault(4, async () => {
    const connections = watchConnections(isApproved);
    onTestFinished(connections.stop);
    const refused: Refusal[] = [];
    const sent: (string | undefined)[] = [];
    for (const url of METADATA.map((host) => `https://${host}/latest/meta-data/`)) {
      const { create, patch, store, sendTest, deliverEvent, redeliver, endpointOf } = await withWebhook();
      refused.push(refusalOf(url, await create(url)), refusalOf(url, await patch(url)));
      expect((await endpointOf()).url).toBe(PUBLIC_URL);
      // Stores the URL without the check, as an older version might have done. The sender must refuse it.
      store(url);
      const { error_class: test } = await sendTest();
      const { result, attempt } = await deliverEvent();
      expect(result.outcome).toBe('blocked');
      sent.push(test, attempt?.error_class, (await redeliver()).attempt?.error_class);
    }
    const forbidden = { status: 422, code: 'url_address_forbidden', field: 'url' };
    for (const refusal of refused) expect(refusal).toMatchObject(forbidden);
    expect(new Set(sent)).toEqual(new Set(['blocked_address']));
    expect([connections.approved(), connections.unapproved]).toEqual([0, []]);
    return `create and PATCH: ${codes(refused)}; with the URLs stored anyway, test, delivery and redelivery: ${sent.length} × ${sent[0]}, 0 connections`;
  });

  fault(5, () => {
    const edges = BLOCKS.filter(({ family }) => family === 4)
      .flatMap(({ from, to }) => [from - 1n, from, to, to + 1n])
      .map((value) => BigInt.asUintN(32, value));
    const wrong = edges.filter(
      (value) => isAllowedAddress(dotted(value), { allowLoopback: false }) !== isPublic({ family: 4, value }),
    );
    expect(wrong.map(dotted)).toEqual([]);
    const sharedSpace = ['100.63.255.255', '100.64.0.0', '100.127.255.255', '100.128.0.0'];
    expect(sharedSpace.map((each) => isAllowedAddress(each, { allowLoopback: false }))).toEqual([
      true,
      false,
      false,
      true,
    ]);
    return `${edges.length} addresses, ${wrong.length} wrong results`;
  });

  fault(6, async () => {
    const refusals = await refusalsOf([
      'file:///etc/passwd',
      'gopher://example.com/',
      'javascript:alert(1)',
      '//x',
      'https://example.com:0/',
      'https://example.com:99999/',
    ]);
    expect(refusals.map(({ status, field }) => [status, field])).toEqual(refusals.map(() => [422, 'url']));
    const { create, patch, endpointOf } = await withWebhook();
    const ssh = 'https://example.com:22/';
    expect((await create(ssh)).status).toBe(201);
    expect((await patch(ssh)).status).toBe(200);
    expect((await endpointOf()).url).toBe(ssh);
    return `${codes(refusals)}; port 22: 201`;
  });

  fault(7, async () => {
    const refused = await refusalsOf(REFUSED.map(({ url }) => url));
    expect(refused.map(({ status, field }) => [status, field])).toEqual(refused.map(() => [422, 'url']));
    const { sendRequest, rows } = setUpApi();
    for (const { url } of NORMALIZED)
      expect((await sendRequest({ method: 'POST', path: '/v1/webhooks', body: { url } })).status).toBe(201);
    const stored = rows('endpoint').map((row) => String(row['url']));
    expect(stored.toSorted()).toEqual(
      NORMALIZED.map(({ host, path }) => `https://${host}${path}`).toSorted(),
    );

    // The refused URLs are sent to as well, as if they had been stored unchanged.
    const sentTo = [...REFUSED, ...NORMALIZED];
    for (const { url, host, path } of sentTo) {
      const { lines, port } = await linesSentTo(url);
      expect(lines).toEqual([
        `POST ${path} HTTP/1.1`,
        ...Object.entries(HEADERS).map((header) => header.join(': ')),
        `Host: ${host}:${port}`,
        'Connection: keep-alive',
        '',
        BODY,
      ]);
    }
    return `${codes(refused)}; stored as ${stored.join(' and ')}; sent to all ${sentTo.length}: the wire contains only the lines of a request`;
  });
});
