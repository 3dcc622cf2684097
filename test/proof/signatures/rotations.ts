/** A webhook whose secret is rotated again and again through the API, and which of its secrets must sign at a moment. */
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
  /** Since the one before it. */
  readonly afterMs: number;
  readonly overlapSeconds: number;
  /** Where to look until the next one comes, from 0 to less than 1. */
  readonly looks: readonly number[];
}

export const rotationHistories: fc.Arbitrary<readonly Rotation[]> = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 1, max: 8 * DAY_MS })),
    overlapSeconds: fc.oneof(
      fc.constantFrom(0, 1, WEEK_SECONDS),
      fc.integer({ min: 0, max: 120 }),
      fc.integer({ min: 0, max: WEEK_SECONDS }),
    ),
    looks: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 3, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 6 },
);

/** A secret, and until when it signs, exclusive. */
interface Known {
  readonly secret: string;
  readonly untilMs: number;
}

/** The rule as the documentation has it: the new one, and of the live ones the two newest until the overlap ends. */
function rotate(
  known: readonly Known[],
  secret: string,
  nowMs: number,
  overlapSeconds: number,
): readonly Known[] {
  const endsMs = nowMs + overlapSeconds * 1000;
  const live = known.filter(({ untilMs }) => untilMs > nowMs);
  return [
    { secret, untilMs: Infinity },
    ...known.map((each) => {
      const kept = live.indexOf(each) >= 0 && live.indexOf(each) < MAX_LIVE - 1;
      return { ...each, untilMs: kept ? Math.min(each.untilMs, endsMs) : Math.min(each.untilMs, nowMs) };
    }),
  ];
}

/** The edges of every overlap, and some moments between them, until the next rotation. */
function momentsOf(
  known: readonly Known[],
  fromMs: number,
  toMs: number,
  looks: readonly number[],
): readonly number[] {
  const edges = known.flatMap(({ untilMs }) => [untilMs - 1, untilMs, untilMs + 1]);
  const between = looks.map((look) => Math.floor(fromMs + look * (toMs - fromMs)));
  return [fromMs, toMs - 1, ...edges, ...between].filter((each) => each >= fromMs && each < toMs);
}

export interface RotationObservation {
  readonly nowMs: number;
  readonly arrived: ReceivedRequest;
  /** Whether the secret of `arrived` signs at that moment. */
  readonly live: boolean;
}

/** Every moment of a history, once for each secret that the webhook ever had. */
export async function* observeRotations(rotations: readonly Rotation[]): AsyncGenerator<RotationObservation> {
  const { sendRequest, state, deps, table } = setUpApi();
  const event = anEvent();
  const post = async (path: string, body: object) => {
    const { status, body: told } = await sendRequest({ method: 'POST', path, body });
    if (status >= 300) throw new Error(`${path} answered ${status}`);
    return told as { readonly id: string; readonly secret: string };
  };
  const made = await post('/v1/webhooks', { url: 'https://hooks.example.com/' });
  let known: readonly Known[] = [{ secret: made.secret, untilMs: Infinity }];

  async function* look(endpoint: Endpoint, nowMs: number): AsyncGenerator<RotationObservation> {
    const { headers, body } = await signedRequest({
      event,
      endpoint,
      attemptNumber: 1,
      nowMs,
      secrets: deps.secrets,
    });
    for (const { secret, untilMs } of known) {
      const arrived = {
        secret,
        now: Math.floor(nowMs / 1000),
        id: headers['webhook-id'] ?? '',
        timestamp: headers['webhook-timestamp'] ?? '',
        signature: headers['x-ivymail-signature'] ?? '',
        body: Buffer.from(body),
      };
      yield { nowMs, arrived, live: untilMs > nowMs };
    }
  }

  for (const [index, { afterMs, overlapSeconds, looks }] of rotations.entries()) {
    state.nowMs += afterMs;
    const { secret } = await post(`/v1/webhooks/${made.id}/rotate-secret`, {
      overlap_seconds: overlapSeconds,
    });
    known = rotate(known, secret, state.nowMs, overlapSeconds);
    const endpoint = await getEndpoint(table, WORKSPACE_ID, made.id);
    if (!endpoint) throw new Error('The endpoint is gone');
    const nextMs = state.nowMs + (rotations[index + 1]?.afterMs ?? 9 * DAY_MS);
    for (const nowMs of momentsOf(known, state.nowMs, nextMs, looks)) yield* look(endpoint, nowMs);
  }
}
