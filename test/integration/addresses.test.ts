/** Addresses and message ids with characters that are special in a URL, sent through the local API proxy, API Gateway and SNS. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SAMPLES } from '../../sim/ses/samples.ts';
import { api, newTenant, publish, until } from './client.ts';
import { asNew } from './ses.ts';

const LIST = '/v1/suppressions';
const LOCAL_PARTS = [
  'a/b',
  'a%2Fb',
  'a%252Fb',
  'a%b',
  'a+b',
  'a%2Bb',
  'a?b#c',
  'a&b=c',
  '"john doe"',
  'josé',
  '😀',
];
const ADDRESSES = [
  ...LOCAL_PARTS.map((local) => `${local}@example.com`),
  'user@例え.テスト',
  'user@[192.168.1.1]',
  'user@localhost',
  'undisclosed-recipients:;',
  'ann@example.com (Ann)',
];

describe('an address with special characters', () => {
  it('is found and removed by path and by query parameter, and no other address is affected', async () => {
    const tenant = await newTenant('addresses');
    for (const address of ADDRESSES) expect((await tenant.api('POST', LIST, { address })).status).toBe(201);
    for (const [index, address] of ADDRESSES.entries()) {
      const path = `${LIST}/${encodeURIComponent(address)}`;
      const query = `${LIST}?${new URLSearchParams({ address }).toString()}`;
      expect((await tenant.api('GET', path)).body).toMatchObject({ address });
      expect((await tenant.api('GET', query)).body.data).toMatchObject([{ address }]);
      expect((await tenant.api('DELETE', index % 2 === 0 ? path : query)).status).toBe(204);
      const remaining = (await tenant.api('GET', `${LIST}?limit=100`)).body.data as { address: string }[];
      expect(remaining.map((each) => each.address).toSorted()).toEqual(ADDRESSES.slice(index + 1).toSorted());
    }
    expect(await tenant.api('DELETE', LIST)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field: 'address' } },
    });
  });

  it('is found by the spelling that the log shows after a bounce, and so is its message', async () => {
    const mark = randomUUID();
    for (const [to, suffix] of [
      [`"john ${mark}"@example.com`, '/b%2Fc'],
      [`josé.${mark}@例え.テスト`, '%25+d'],
      [`a%2Fb/c+${mark}@[192.168.1.1]`, '?e#f'],
      [`${mark}-recipients:;`, '"g"'],
      [`ann.${mark}@example.com (Ann)`, '&h=;i'],
    ] as const) {
      const messageId = `${mark}${suffix}`;
      const { ses } = asNew(SAMPLES.bounce);
      const mail = { ...(ses['mail'] as object), messageId, destination: [to], tags: {} };
      const bounce = { ...(ses['bounce'] as object), bouncedRecipients: [{ emailAddress: to }] };
      await publish({ ...ses, mail, bounce });
      const byMessage = `/v1/send/logs?${new URLSearchParams({ message_id: messageId }).toString()}`;
      const [entry] = await until('the bounce in the log', async () => {
        const { body } = await api('GET', byMessage);
        return body.data.length > 0 ? (body.data as { to: string }[]) : undefined;
      });
      expect(entry).toMatchObject({ to, message_id: messageId });
      const byRecipient = new URLSearchParams({ to, message_id: messageId }).toString();
      expect((await api('GET', `/v1/send/logs?${byRecipient}`)).body.data).toMatchObject([{ to }]);
      expect((await api('GET', `/v1/send/logs/${encodeURIComponent(messageId)}`)).body).toMatchObject({
        message_id: messageId,
        recipients: [{ to, status: 'bounced' }],
      });
      const query = `${LIST}?${new URLSearchParams({ address: to }).toString()}`;
      await until('the suppression', async () => {
        const { body } = await api('GET', query);
        return body.data.length > 0 ? body.data : undefined;
      });
      expect((await api('DELETE', query)).status).toBe(204);
    }
  });
});
