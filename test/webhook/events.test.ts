import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { DELIVERED_EVENTS } from '../../lambdas/api/schemas/events.ts';
import { sampleEvent } from '../../lambdas/core/sample-events.ts';
import { webhookPayload } from '../../lambdas/delivery/payload.ts';
import { normalize } from '../../lambdas/ingest/normalize.ts';
import { webhookEventTypes } from '../../pages/webhook-events.ts';
import { WORKSPACE_ID, anEvent } from '../../sim/builders/events.ts';
import { LEGACY_SAMPLES, SAMPLES } from '../../sim/ses/samples.ts';
import type { BouncedEvent, ClickedEvent, UnknownEvent, WebhookEvent } from '../../webhook/index.ts';

/** The bodies of the test events of the API, of the sample events of SES, and of an event with tags. */
const BODIES: readonly string[] = [
  ...DELIVERED_EVENTS.map((event) =>
    webhookPayload(
      sampleEvent(event, {
        event_id: 'evt_kq7zq5h3m2x4c6v7b2n3m4a5s6',
        message_id: 'ivm_kq7zq5h3m2x4c6v7b2n3m4a5s6',
        workspace_id: WORKSPACE_ID,
        timestamp: '2026-02-25T12:00:00Z',
      }),
    ),
  ),
  ...[...Object.values(SAMPLES), ...Object.values(LEGACY_SAMPLES)]
    .flatMap((sample) => normalize({ ...(sample as object) }).events)
    .filter(({ event }) => event !== 'unknown')
    .map((event) => webhookPayload({ ...event, workspace_id: WORKSPACE_ID })),
  webhookPayload(anEvent({ event: 'clicked', details: { automated: true }, tags: [['a', 'b']] })),
];

/** What the TypeScript compiler writes about code that uses the types of webhook bodies. Empty if the code is correct. */
function compilerOutput(code: string): string {
  mkdirSync('.local', { recursive: true });
  const folder = mkdtempSync(resolve('.local', 'tmp-event-types-'));
  try {
    writeFileSync(
      join(folder, 'code.ts'),
      `import type * as events from '${resolve('webhook/events.ts')}';\n${code}`,
    );
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: resolve('tsconfig.json'), include: ['code.ts'], exclude: [] }),
    );
    execFileSync(resolve('node_modules/.bin/tsc'), ['--project', folder], { stdio: 'pipe' });
    return '';
  } catch (error) {
    return String((error as { readonly stdout?: Buffer }).stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Declares each body as a value of a type. The compiler also refuses a field that the type does not have. */
const declarations = (bodies: readonly string[], type: (event: string) => string): string =>
  bodies
    .map((body, index) => {
      const { event } = JSON.parse(body) as { readonly event: string };
      return `export const body${index}: events.${type(event)} = ${body};`;
    })
    .join('\n');

const typeName = (event: string): string =>
  `${event.replaceAll(/(?:^|[_.])(\w)/g, (_, letter: string) => letter.toUpperCase())}Event`;

describe('the types of webhook bodies', () => {
  it('are current: run npm run docs', async () => {
    expect(readFileSync('webhook/events.ts', 'utf8')).toBe(await webhookEventTypes());
  });

  it('describe every body that the code writes, without a field that the type of the event does not have', () => {
    const seen = new Set(BODIES.map((body) => (JSON.parse(body) as { readonly event: string }).event));
    expect(seen).toEqual(new Set(DELIVERED_EVENTS));
    expect(compilerOutput(declarations(BODIES, typeName))).toBe('');
    expect(compilerOutput(declarations(BODIES, () => 'WebhookEvent'))).toBe('');
  });

  it('refuse a field of another event, a missing field, and a name that is not an event', () => {
    const [body = ''] = BODIES;
    const wrong = [
      { ...(JSON.parse(body) as object), link: 'https://example.com/' },
      { ...(JSON.parse(body) as object), from: undefined },
    ].map((each) => JSON.stringify(each));
    const comparison = `export const isBounce = (event: events.WebhookEvent) => event.event === 'bounce';`;
    const output = compilerOutput(`${declarations(wrong, typeName)}\n${comparison}`);
    expect(output).toMatch(/link.* does not exist in type 'SentEvent'/);
    expect(output).toMatch(/'from' is missing/);
    expect(output).toMatch(/'"bounce"' have no overlap/);
  });

  it('have a description of every field', () => {
    const fields = readFileSync('webhook/events.ts', 'utf8').matchAll(/^(.*)\n {2}(\w+)\??: /gm);
    const lines = [...fields];
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.filter(([, before = '']) => !before.endsWith('*/')).map(([, , field]) => field)).toEqual([]);
  });
});

// The compiler checks these expectations in the step `types` of `npm test`.
describe('the type of an event', () => {
  const bounced = JSON.parse(BODIES.find((body) => body.includes('"bounced"')) ?? '') as WebhookEvent;

  it('is narrowed by its name', () => {
    expect(bounced.event).toBe('bounced');
    if (bounced.event === 'bounced') {
      expectTypeOf(bounced).toEqualTypeOf<BouncedEvent>();
      expectTypeOf(bounced.bounce_type).toEqualTypeOf<string | undefined>();
    }
    if (bounced.event === 'clicked') {
      expectTypeOf(bounced).toEqualTypeOf<ClickedEvent>();
      // @ts-expect-error -- a click has no bounce type
      void bounced.bounce_type;
    }
  });

  it('is UnknownEvent in the default branch, which reads the name and the common fields', () => {
    const later = JSON.parse(JSON.stringify({ ...bounced, event: 'postponed' })) as WebhookEvent;
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- only the default branch can be the unknown event
    switch (later.event) {
      case 'sent':
      case 'delivered':
      case 'delayed':
      case 'suppressed':
      case 'failed':
      case 'bounced':
      case 'soft_bounced':
      case 'complained':
      case 'opened':
      case 'clicked':
      case 'unsubscribed':
      case 'subscription_changed':
      case 'reputation.warning':
      case 'reputation.paused':
      case 'reputation.resumed':
        throw new Error('a known event');
      default:
        expectTypeOf(later).toEqualTypeOf<UnknownEvent>();
        expectTypeOf(later.event).toExtend<string>();
        expectTypeOf(later.timestamp).toEqualTypeOf<string>();
    }
    expect(`${later.event} ${later.event_id}`).toContain('postponed evt_');
  });
});
