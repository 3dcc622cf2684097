/** Faults of the fault table about emails that must not be sent, or not twice, on the deployed stack. */
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect } from 'vitest';
import { fault } from '../proof/faults/fault.ts';
import { requestEach, logsOf, newTenant, sesSends, stack, type ApiResponse, type Tenant } from './client.ts';

const EMAIL = {
  from: stack.from,
  to: ['success@simulator.amazonses.com'],
  subject: 'Hello',
  text: 'Hello.',
};

let tenant: Tenant;
beforeEach(async () => {
  tenant = await newTenant('sends');
});

function send(changes: object, headers: Readonly<Record<string, string>> = {}): Promise<ApiResponse> {
  return tenant.api('POST', '/v1/send', { ...EMAIL, ...changes }, headers);
}

async function logged(): Promise<readonly string[]> {
  const { body } = await tenant.api('GET', '/v1/send/logs?limit=100');
  return body.data.map(({ status }: { status: string }) => status);
}

/** Invalid changes of the email, by the field that the error must name. Each tries to add a header line after `lineBreak`. */
function headerInjections(lineBreak: string): Readonly<Record<string, object>> {
  const text = `x${lineBreak}Bcc: attacker@example.com`;
  const file = { filename: 'a.txt', content: 'eA==' };
  return {
    subject: { subject: text },
    'headers.X-Note': { headers: { 'X-Note': text } },
    [`headers.X-Note${lineBreak}Bcc`]: { headers: { [`X-Note${lineBreak}Bcc`]: 'attacker@example.com' } },
    from: { from: `${text} <${stack.from}>` },
    'to[1]': { to: [...EMAIL.to, `${text} <a@example.com>`] },
    'cc[0]': { cc: [`${text} <a@example.com>`] },
    'bcc[0]': { bcc: [`a@example.com${lineBreak}`] },
    'reply_to[0]': { reply_to: [`${text} <a@example.com>`] },
    'tags.note': { tags: { note: text } },
    'attachments[0].filename': { attachments: [{ ...file, filename: text }] },
    'attachments[0].content_type': { attachments: [{ ...file, content_type: `text/plain${lineBreak}X: y` }] },
    'attachments[0].content_id': { attachments: [{ ...file, content_id: text }] },
  };
}

function addresses(count: number, name: string): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index}@example.com`);
}

describe('an email', () => {
  fault(30, async () => {
    const { requested, sent } = await sesSends();
    const refused = [
      ...['\r\n', '\r', '\n', '\0'].flatMap((lineBreak) => Object.entries(headerInjections(lineBreak))),
      ['to', { to: addresses(51, 'to') }] as const,
      ['to', { to: addresses(26, 'to'), cc: addresses(13, 'cc'), bcc: addresses(12, 'bcc') }] as const,
    ];
    const responses = await requestEach(refused, async ([field, changes]) => {
      const response = await send(changes);
      expect(response).toMatchObject({ status: 422, body: { error: { code: 'invalid_field', field } } });
      return response;
    });
    expect((await sesSends()).requested).toBe(requested);
    expect(await logged()).toEqual([]);

    // Only SES knows the verified identities. It is called and sends nothing.
    const unverified = await send({ from: 'Stranger <stranger@unverified.example>' });
    expect(unverified).toMatchObject({
      status: 422,
      body: { error: { code: 'identity_not_verified', field: 'from' } },
    });
    await logsOf(unverified.body.message_id, 1, tenant.api);
    expect(await logged()).toEqual(['failed']);
    const after = await sesSends();
    expect([after.requested - requested, after.sent - sent]).toEqual([1, 0]);

    // Fifty recipients are accepted, and so is the email without the extra line.
    expect((await send({ to: addresses(50, 'to') })).status).toBe(202);
    expect((await sesSends()).sent).toBe(sent + 1);
    const fields = new Set(refused.map(([field]) => field.replace(/[\r\n\0].*/s, '')));
    return `${responses.length} requests, ${fields.size} fields named: all 422 before SES is called; unverified: ${unverified.status} ${unverified.body.error.code}, ${unverified.body.error.field}; ${after.sent - sent} emails`;
  });

  fault(31, async () => {
    const { sent: before } = await sesSends();
    const keyed = (key: string, changes: object = {}) => send(changes, { 'idempotency-key': key });
    const key = randomUUID();
    const first = await keyed(key);
    const second = await keyed(key);
    expect(first.status).toBe(202);
    expect([second.status, second.text]).toEqual([202, first.text]);
    expect([first, second].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true']);
    const other = await keyed(key, { subject: 'Another' });
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'idempotency_conflict' } } });
    expect((await sesSends()).sent).toBe(before + 1);

    const race = randomUUID();
    const racers = await Promise.all([keyed(race), keyed(race), keyed(race), keyed(race)]);
    const late = await keyed(race);
    const won = racers.filter(({ status }) => status === 202);
    expect(racers.filter(({ status }) => ![202, 409].includes(status))).toEqual([]);
    expect(won.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
    expect(new Set([...won, late].map(({ text }) => text)).size).toBe(1);
    const { sent } = await sesSends();
    expect(sent).toBe(before + 2);

    const messageIds = [first, late].map(({ body }) => String(body.message_id));
    for (const messageId of messageIds)
      expect((await logsOf(messageId, 2, tenant.api)).map(({ status }) => status).toSorted()).toEqual([
        'delivered',
        'sent',
      ]);
    expect(await logged()).toHaveLength(2 * messageIds.length);
    const statuses = racers.map(({ status }) => status).toSorted((left, right) => left - right);
    return `twice: ${first.status} ${second.status}, ${new Set([first.text, second.text]).size} response; another body: ${other.status} ${other.body.error.code}; ${racers.length} at once: ${statuses.join(' ')}, ${new Set(won.map(({ text }) => text)).size} response; ${messageIds.length} keys, ${sent - before} emails`;
  });
});
