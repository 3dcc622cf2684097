import { describe, expect } from 'vitest';
import { createSender } from '../../../lambdas/delivery/send.ts';
import { isAllowedAddress } from '../../../lambdas/delivery/address-guard.ts';
import { setUp } from '../../api/harness.ts';
import { BLOCKS, isPublic } from '../guard/registry.ts';
import { dotted } from '../guard/spellings.ts';
import { fault } from './fault.ts';
import { raw } from './servers.ts';

const GOOD = 'https://hooks.example.com/';

interface Refusal {
  readonly url: string;
  readonly status: number;
  readonly code: string;
  readonly field: string;
}

/** What creating a webhook of each URL is answered with; nothing may be stored of those that are refused. */
async function create(urls: readonly string[]): Promise<readonly Refusal[]> {
  const { ask, rows } = setUp();
  const refusals: Refusal[] = [];
  for (const url of urls) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, into one table
    const { status, body } = await ask({ method: 'POST', path: '/v1/webhooks', body: { url } });
    refusals.push({ url, status, code: body.error?.code, field: body.error?.field });
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

describe('a URL', () => {
  fault(1, async () => {
    const refusals = await create(['http://example.com/h', 'HTTP://example.com']);
    expect(refusals.every(({ status, code }) => status === 422 && code === 'url_https_required')).toBe(true);
    return codes(refusals);
  });

  fault(2, async () => {
    const refusals = await create(['https://user:pw@example.com', 'https://example.com@127.0.0.1']);
    expect(refusals.map(({ status, field }) => [status, field])).toEqual(refusals.map(() => [422, 'url']));
    return codes(refusals);
  });

  fault(3, async () => {
    const refusals = await create(LOOPBACK.map((host) => `https://${host}/`));
    expect(refusals.map(({ status }) => status)).toEqual(LOOPBACK.map(() => 422));
    // Stored before there was a guard, as it were: the sender is the real wall.
    const { port, connections } = await raw((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    const send = createSender({ allowLoopback: false });
    const results = await Promise.all(
      LOOPBACK.map((host) => send({ url: `https://${host}:${port}/`, headers: {}, body: '' })),
    );
    // A name that no server knows is no address, either.
    expect(
      results.filter((result) => !/^(blocked_address|dns_error)$/.test(result.error_class ?? '')),
    ).toEqual([]);
    expect(connections()).toBe(0);
    return `${codes(refusals)}; ${results.length} sent to all the same, ${connections()} connections`;
  });

  fault(4, async () => {
    const urls = METADATA.map((host) => `https://${host}/latest/meta-data/`);
    const refusals = await create(urls);
    const { ask, webhooks } = setUp();
    const { id } = (await ask({ method: 'POST', path: '/v1/webhooks', body: { url: GOOD } })).body;
    for (const url of urls) {
      // oxlint-disable-next-line no-await-in-loop -- one endpoint
      const told = await ask({ method: 'PATCH', path: `/v1/webhooks/${id}`, body: { url } });
      expect([url, told.status]).toEqual([url, 422]);
    }
    expect(refusals.map(({ code }) => code)).toEqual(METADATA.map(() => 'url_address_forbidden'));
    const send = createSender({ allowLoopback: false, deadlineMs: 1_000 });
    const sent = await Promise.all(urls.map((url) => send({ url, headers: {}, body: '' })));
    expect(sent.map(({ error_class: name }) => name)).toEqual(METADATA.map(() => 'blocked_address'));
    expect(webhooks).toEqual([]);
    return `create ${codes(refusals)}; PATCH ${urls.length} × 422; delivery and test ${sent.length} × blocked_address`;
  });

  fault(5, () => {
    const edges = BLOCKS.filter(({ family }) => family === 4)
      .flatMap(({ from, to }) => [from - 1n, from, to, to + 1n])
      .map((value) => BigInt.asUintN(32, value));
    const wrong = edges.filter(
      (value) => isAllowedAddress(dotted(value), { allowLoopback: false }) !== isPublic({ family: 4, value }),
    );
    expect(wrong.map(dotted)).toEqual([]);
    const named = ['100.63.255.255', '100.64.0.0', '100.127.255.255', '100.128.0.0'];
    expect(named.map((each) => isAllowedAddress(each, { allowLoopback: false }))).toEqual([
      true,
      false,
      false,
      true,
    ]);
    return `${edges.length} edges, ${wrong.length} judged wrongly`;
  });

  fault(6, async () => {
    const refusals = await create([
      'file:///etc/passwd',
      'gopher://example.com/',
      'javascript:alert(1)',
      '//x',
      'https://example.com:0/',
      'https://example.com:99999/',
    ]);
    expect(refusals.map(({ status, field }) => [status, field])).toEqual(refusals.map(() => [422, 'url']));
    return codes(refusals);
  });

  fault(7, async () => {
    const refused = await create([
      'https://a.b..c/',
      `https://example.com/${'a'.repeat(2_049)}`,
      'https://example.com/\ta',
      'https://example.com/\u0000',
      'https://example.com/\r\nhost: x',
    ]);
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 422));
    const { ask, rows } = setUp();
    for (const url of ['https://example.com/a%0d%0ab', 'https://p\u0430ypal.example.com/'])
      // oxlint-disable-next-line no-await-in-loop -- into one table
      expect((await ask({ method: 'POST', path: '/v1/webhooks', body: { url } })).status).toBe(201);
    const stored = rows('endpoint').map((row) => String(row['url']));
    expect(stored.toSorted()).toEqual(['https://example.com/a%0d%0ab', 'https://xn--pypal-4ve.example.com/']);
    return `${codes(refused)}; stored as ${stored.join(' and ')}`;
  });
});
