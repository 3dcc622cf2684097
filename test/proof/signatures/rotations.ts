/** Rotates the secret of a webhook through the API, and computes which of its secrets must sign at each moment. */
import fc from 'fast-check';
import type { Endpoint } from '../../../lambdas/core/endpoints.ts';
import { signedRequest } from '../../../lambdas/delivery/signed-request.ts';
import { getEndpoint } from '../../../lambdas/store/endpoints.ts';
import { setUpApi } from '../../api/harness.ts';
import { WORKSPACE_ID, anEvent } from '../../../sim/builders/events.ts';
import type { ReceivedRequest } from './requests.ts';

const DAY_MS = 86_400_000;
const WEEK_SECONDS = 604_800;
const MAX_LIVE = 3;

export interface Rotation {
  /** The time since the previous rotation. */
  readonly afterMs: number;
  readonly overlapSeconds: number;
  /** Moments until the next rotation, as shares of that time: at least 0 and less than 1. */
  readonly samples: readonly number[];
}

export const rotationHistories: fc.Arbitrary<readonly Rotation[]> = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 1, max: 8 * DAY_MS })),
    overlapSeconds: fc.oneof(
      fc.constantFrom(0, 1, WEEK_SECONDS),
      fc.integer({ min: 0, max: 120 }),
      fc.integer({ min: 0, max: WEEK_SECONDS }),
    ),
    samples: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 3, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 6 },
);

/** A secret, and the exclusive end of the time in which it signs. */
interface SecretLifetime {
  readonly secret: string;
  readonly untilMs: number;
}

/**
 * The documented rule: after a rotation, the new secret signs. The two newest of the other live secrets also sign until the overlap ends.
 */
function rotate(
  lifetimes: readonly SecretLifetime[],
  secret: string,
  nowMs: number,
  overlapSeconds: number,
): readonly SecretLifetime[] {
  const endsMs = nowMs + overlapSeconds * 1000;
  const live = lifetimes.filter(({ untilMs }) => untilMs > nowMs);
  return [
    { secret, untilMs: Infinity },
    ...lifetimes.map((each) => {
      const isKept = live.indexOf(each) >= 0 && live.indexOf(each) < MAX_LIVE - 1;
      return { ...each, untilMs: isKept ? Math.min(each.untilMs, endsMs) : Math.min(each.untilMs, nowMs) };
    }),
  ];
}

/** The edges of every overlap and the sampled moments between them, until the next rotation. */
function momentsOf(
  lifetimes: readonly SecretLifetime[],
  fromMs: number,
  toMs: number,
  samples: readonly number[],
): readonly number[] {
  const edges = lifetimes.flatMap(({ untilMs }) => [untilMs - 1, untilMs, untilMs + 1]);
  const between = samples.map((sample) => Math.floor(fromMs + sample * (toMs - fromMs)));
  return [fromMs, toMs - 1, ...edges, ...between].filter((each) => each >= fromMs && each < toMs);
}

export interface RotationObservation {
  readonly nowMs: number;
  readonly request: ReceivedRequest;
  /** Whether the secret of `request` must sign at that moment. */
  readonly isLive: boolean;
}

/** Yields each moment of a history, once for each secret that the webhook has had. */
export async function* observeRotations(rotations: readonly Rotation[]): AsyncGenerator<RotationObservation> {
  const { sendRequest, state, deps, table } = setUpApi();
  const event = anEvent();
  const post = async (path: string, body: object) => {
    const { status, body: created } = await sendRequest({ method: 'POST', path, body });
    if (status >= 300) throw new Error(`${path} returned ${status}`);
    return created as { readonly id: string; readonly secret: string };
  };
  const webhook = await post('/v1/webhooks', { url: 'https://hooks.example.com/' });
  let lifetimes: readonly SecretLifetime[] = [{ secret: webhook.secret, untilMs: Infinity }];

  async function* observe(endpoint: Endpoint, nowMs: number): AsyncGenerator<RotationObservation> {
    const { headers, body } = await signedRequest({
      event,
      endpoint,
      attemptNumber: 1,
      nowMs,
      secrets: deps.secrets,
    });
    for (const { secret, untilMs } of lifetimes) {
      const request = {
        secret,
        now: Math.floor(nowMs / 1000),
        id: headers['webhook-id'] ?? '',
        timestamp: headers['webhook-timestamp'] ?? '',
        signature: headers['x-ivymail-signature'] ?? '',
        body: Buffer.from(body),
      };
      yield { nowMs, request, isLive: untilMs > nowMs };
    }
  }

  for (const [index, { afterMs, overlapSeconds, samples }] of rotations.entries()) {
    state.nowMs += afterMs;
    const { secret } = await post(`/v1/webhooks/${webhook.id}/rotate-secret`, {
      overlap_seconds: overlapSeconds,
    });
    lifetimes = rotate(lifetimes, secret, state.nowMs, overlapSeconds);
    const endpoint = await getEndpoint(table, WORKSPACE_ID, webhook.id);
    if (!endpoint) throw new Error('The endpoint does not exist');
    const nextMs = state.nowMs + (rotations[index + 1]?.afterMs ?? 9 * DAY_MS);
    for (const nowMs of momentsOf(lifetimes, state.nowMs, nextMs, samples)) yield* observe(endpoint, nowMs);
  }
}
