import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCanaries, type Canaries } from './canaries.ts';
import { watchConnections, type Connections } from './connections.ts';
import { PUBLIC_URL, withWebhook } from './webhook.ts';
import { BLOCKS, isPublic } from './registry.ts';
import { isApproved } from './sends.ts';
import { dotted } from './spellings.ts';

const HTTPS = 'url_https_required';
const ADDRESS = 'url_address_forbidden';
const FIELD = 'invalid_field';

const REFUSED: readonly (readonly [url: string, code: string])[] = [
  ...[
    'http://example.com/h',
    'file:///etc/passwd',
    'gopher://127.0.0.1:70/_x',
    'javascript:alert(1)',
    'http://127.0.0.1/',
  ].map((url) => [url, HTTPS] as const),
  ...[
    'https://user:pw@example.com/',
    'https://example.com@127.0.0.1/',
    'https://@@127.0.0.1/',
    '//x',
    '/\\127.0.0.1',
    'https://example.com:0/',
    'https://example.com:99999/',
    'https://a.b..c/',
    `https://example.com/${'a'.repeat(2048)}`,
    'https://example.com/\tx',
    'https://example.com/\u0000',
    'https://example.com/\r\nHost: 127.0.0.1',
    'https://[::1%25lo]/',
  ].map((url) => [url, FIELD] as const),
  ...[
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '2130706433',
    '127.1',
    '0',
    '\u2460\u2461\u2466.\u24ea.\u24ea.\u2460',
    '127\u30020\u30020\u30021',
    '%31%32%37.0.0.1',
    '[::1]',
    '[::ffff:7f00:1]',
    '[::7f00:1]',
    'localhost',
    'LOCALHOST.',
    'app.localhost',
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    '[fd00:ec2::254]',
    '[64:ff9b::a9fe:a9fe]',
    '[64:ff9b:1::a9fe:a9fe]',
    '[2002:a9fe:a9fe::]',
    '[2001:0:5db8:d822::5601:5601]',
  ].map((host) => [`https://${host}/`, ADDRESS] as const),
];

/** Public, but a Lambda function outside a VPC has no route to them. A send that tries it meets a failed connection. */
const UNREACHABLE = ['[2606:2800:220:1::1]', '[::ffff:8.8.8.8]'].map(
  (host) => [`https://${host}/`, ADDRESS] as const,
);

/** The first and last address of every IPv4 block, each also ±1, with whether it is public. */
const IPV4_EDGES = new Map(
  BLOCKS.filter(({ family }) => family === 4)
    .flatMap(({ from, to }) => [from - 1n, from, from + 1n, to - 1n, to, to + 1n])
    .map((value) => BigInt.asUintN(32, value))
    .map((value) => [dotted(value), isPublic({ family: 4, value })] as const),
);

const BLOCKED = { error_class: 'blocked_address' };

let canaries: Canaries;
let connections: Connections;
beforeEach(async () => {
  canaries = await startCanaries();
  connections = watchConnections(isApproved);
});
afterEach(async () => {
  connections.stop();
  const hits = await canaries.countConnections();
  canaries.close();
  const { unapproved } = connections;
  if (hits + unapproved.length > 0)
    throw new Error(`${hits} connections to canaries: ${unapproved.join(' ')}`);
});

/** Adds the port of a canary to an https URL without a port. */
function atCanary(url: string): string {
  return url.replace(/^(https:\/\/[^/]+)\/$/, `$1:${canaries.all[0]?.port}/`);
}

describe.each([...REFUSED, ...UNREACHABLE])('%j', (url, code) => {
  it(`is refused with ${code} when a webhook is created, changed and checked`, async () => {
    const { create, patch, check, endpointOf, sendRequest } = await withWebhook();
    const refused = { status: 422, body: { error: { code, field: 'url' } } };
    expect(await create(url)).toMatchObject(refused);
    expect(await patch(url)).toMatchObject(refused);
    expect(await check(url)).toMatchObject({ body: { acceptable: false, reason: { code } } });
    expect((await endpointOf()).url).toBe(PUBLIC_URL);
    expect((await sendRequest({ path: '/v1/webhooks' })).body.data).toHaveLength(1);
  });
});

/** The URLs with a forbidden scheme, credentials or address. The rest is only malformed. */
const FORBIDDEN = REFUSED.filter(([url, code]) => code !== FIELD || url.includes('@')).map(([url]) => url);

it.each(FORBIDDEN)(
  'nothing is sent to %j even if it is stored: not by a test, a delivery or a redelivery',
  async (url) => {
    const { store, sendTest, deliverEvent, redeliver, state } = await withWebhook();
    for (const name of ['localhost', 'localhost.', 'app.localhost']) state.addresses[name] = ['127.0.0.1'];
    store(atCanary(url));
    expect(await sendTest()).toMatchObject({ ...BLOCKED, status_code: null });
    expect(await deliverEvent()).toMatchObject({ result: { outcome: 'blocked' }, attempt: BLOCKED });
    expect(await redeliver()).toMatchObject({ attempt: { ...BLOCKED, trigger: 'manual', number: 2 } });
    expect(connections.approved()).toBe(0);
  },
);

it.each([...IPV4_EDGES])('%s, at the edge of a block, is public: %s', async (address, isAllowed) => {
  const { create, patch, store, sendTest } = await withWebhook();
  const url = `https://${address}/`;
  expect((await create(url)).status).toBe(isAllowed ? 201 : 422);
  expect((await patch(url)).status).toBe(isAllowed ? 200 : 422);
  store(url);
  expect((await sendTest()).error_class === 'blocked_address').toBe(!isAllowed);
  expect(connections.approved()).toBe(isAllowed ? 1 : 0);
});

describe('a host name', () => {
  it.each([
    ['loopback', ['127.0.0.1']],
    ['loopback of IPv6', ['::1']],
    ['mapped loopback', ['::ffff:127.0.0.1']],
    ['the metadata service', ['169.254.169.254']],
    ['a public and a private address', ['93.184.216.34', '10.0.0.1']],
  ])(
    'gets no request if it was public when it was checked and then resolves to %s',
    async (_name, addresses) => {
      const { create, store, sendTest, deliverEvent, redeliver, state } = await withWebhook();
      const url = atCanary('https://turns.example.com/');
      expect((await create(url)).status).toBe(201);
      store(url);
      state.addresses['turns.example.com'] = addresses;
      expect(await sendTest()).toMatchObject(BLOCKED);
      expect(await deliverEvent()).toMatchObject({ result: { outcome: 'blocked' }, attempt: BLOCKED });
      expect(await redeliver()).toMatchObject({ attempt: BLOCKED });
      expect((await create(url)).body.error.code).toBe(ADDRESS);
      expect(connections.approved()).toBe(0);
    },
  );

  it('with a public address is connected to by a test, a delivery and a redelivery', async () => {
    const { sendTest, deliverEvent, redeliver } = await withWebhook();
    const connecting = { error_class: 'protocol_error', error_detail: 'NOT_CONNECTED: 93.184.216.34' };
    expect(await sendTest()).toMatchObject(connecting);
    expect((await deliverEvent()).attempt).toMatchObject(connecting);
    expect((await redeliver()).attempt).toMatchObject(connecting);
    expect(connections.approved()).toBe(3);
  });
});

it('a public URL in an unusual spelling is stored in normalized form', async () => {
  const { check } = await withWebhook();
  for (const [url, stored] of [
    ['https://example.com/%0d%0aHost:%20x', 'https://example.com/%0d%0aHost:%20x'],
    ['https://p\u0430ypal.example/', 'https://xn--pypal-4ve.example/'],
    ['https://example.com\\@127.0.0.1/', 'https://example.com/@127.0.0.1/'],
    ['https://0x5db8d822/', 'https://93.184.216.34/'],
  ] as const)
    expect(await check(url)).toMatchObject({ body: { acceptable: true, url: stored } });
});
