/** Runs the receivers of the documentation. They must accept genuine webhooks and refuse all others. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { webhookHeaders } from '../../../lambdas/delivery/headers.ts';
import { webhookPayload } from '../../../lambdas/delivery/payload.ts';
import { secretText, signWebhook } from '../../../lambdas/delivery/sign.ts';
import { anEvent } from '../../../sim/builders/events.ts';
import { RECEIVERS, start } from './receivers.ts';

const SECRET = Buffer.alloc(24, 7);
const FENCES: Readonly<Record<string, string>> = { mjs: 'js', py: 'python', go: 'go', rb: 'ruby' };

/** A request as the deliver function makes it, sent `ageSeconds` ago. */
function request(number: number, { secret = SECRET, ageSeconds = 0 } = {}) {
  const event = anEvent({
    event_id: `evt_${String.fromCodePoint(97 + number).repeat(26)}`,
    to: `ann${number}@example.com`,
    subject: 'Grüße aus 例え \u{1f600}',
  });
  const body = webhookPayload(event);
  const timestampSeconds = Math.floor(Date.now() / 1000) - ageSeconds;
  const message = { webhookId: event.event_id, timestampSeconds, body };
  const signature = signWebhook({ ...message, secrets: [secret] });
  const { 'content-length': _length, ...headers } = webhookHeaders({
    ...message,
    signature,
    attemptNumber: 1,
  });
  return { body, headers, line: `${event.event} ${event.to}` };
}

describe.each(RECEIVERS)('the receiver for $name', (receiver) => {
  it('processes a genuine webhook once, and refuses a forged, changed, old or unsigned one', async ({
    skip,
  }) => {
    const running = await start(receiver, secretText(SECRET));
    if (!running) return skip(`${receiver.name} is not installed`);
    try {
      const [first, second] = [request(1), request(2)];
      expect(await running.post(first.headers, first.body)).toBe(204);
      // The retry of a webhook has the same id.
      expect(await running.post(first.headers, first.body)).toBe(204);
      expect(await running.post(second.headers, second.body)).toBe(204);

      const forged = request(3, { secret: Buffer.alloc(24, 8) });
      expect(await running.post(forged.headers, forged.body)).toBe(401);
      expect(await running.post(request(4).headers, request(5).body)).toBe(401);
      const old = request(6, { ageSeconds: 3_600 });
      expect(await running.post(old.headers, old.body)).toBe(401);
      expect(await running.post({ 'content-type': 'application/json' }, '{}')).toBe(401);
      const last = request(7);
      expect(await running.post(last.headers, last.body)).toBe(204);
      await expect.poll(running.lines, { timeout: 60_000 }).toContain(last.line);
      expect(running.lines()).toEqual([first.line, second.line, last.line]);
    } finally {
      await running.stop();
    }
  });

  it('is the same code as in the documentation', () => {
    const code = readFileSync(`docs/receivers/${receiver.file}`, 'utf8');
    const fence = FENCES[receiver.file.split('.')[1] ?? ''];
    expect(readFileSync('docs/receivers.md', 'utf8')).toContain(`\`\`\`${fence}\n${code}\`\`\``);
  });
});
