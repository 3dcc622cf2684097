import { describe, expect, it } from 'vitest';
import { ApiError } from '../../dashboard/api/client.ts';
import {
  IN_FLIGHT,
  removeSuppressions,
  type RemovalProgress,
} from '../../dashboard/api/remove-suppressions.ts';

const ADDRESSES = Array.from({ length: 23 }, (_, index) => `user${index}@example.com`);

function setUp(respond: (address: string, attempt: number) => void = () => {}) {
  const abort = new AbortController();
  const attempts = new Map<string, number>();
  const reports: RemovalProgress[] = [];
  const delays: number[] = [];
  let inFlight = 0;
  let most = 0;
  const run = (addresses: readonly string[] = ADDRESSES, limit = IN_FLIGHT) =>
    removeSuppressions(addresses, {
      async remove(address) {
        const attempt = (attempts.get(address) ?? 0) + 1;
        attempts.set(address, attempt);
        inFlight += 1;
        most = Math.max(most, inFlight);
        await Promise.resolve();
        inFlight -= 1;
        respond(address, attempt);
      },
      onProgress: (progress) => reports.push(progress),
      inFlight: limit,
      signal: abort.signal,
      sleep: async (ms) => {
        delays.push(ms);
      },
    });
  return { run, abort, attempts, reports, delays, mostInFlight: () => most };
}

describe('removeSuppressions', () => {
  it('removes each address once, at most five at a time, and reports the progress after each', async () => {
    const { run, attempts, reports, mostInFlight } = setUp();
    expect(await run()).toEqual({ removed: 23, failed: [] });
    expect([...attempts.values()]).toEqual(ADDRESSES.map(() => 1));
    expect(mostInFlight()).toBe(5);
    expect(reports.map(({ removed }) => removed)).toEqual(ADDRESSES.map((_, index) => index + 1));
  });

  it('removes one address at a time if the caller wants it', async () => {
    const { run, mostInFlight } = setUp();
    expect(await run(ADDRESSES, 1)).toEqual({ removed: 23, failed: [] });
    expect(mostInFlight()).toBe(1);
  });

  it('counts an address that is no longer on the list as removed', async () => {
    const { run } = setUp(() => {
      throw new ApiError(404, 'not_found', 'This resource does not exist');
    });
    expect(await run()).toEqual({ removed: 23, failed: [] });
  });

  it('names each address that failed, and removes the others', async () => {
    const { run, attempts } = setUp((address) => {
      if (address === 'user3@example.com')
        throw new ApiError(400, 'invalid_parameter', 'SES cannot remove it');
    });
    expect(await run()).toEqual({
      removed: 22,
      failed: [{ address: 'user3@example.com', message: 'SES cannot remove it' }],
    });
    expect(attempts.get('user3@example.com')).toBe(1);
  });

  it.each([
    [429, 'rate_limited'],
    [503, 'unavailable'],
    [0, 'unreachable'],
  ])('tries again later after status %i', async (status, code) => {
    const { run, delays } = setUp((_address, attempt) => {
      if (attempt < 4) throw new ApiError(status, code, 'Later');
    });
    expect(await run(['ann@example.com'])).toEqual({ removed: 1, failed: [] });
    expect(delays).toEqual([500, 1_000, 2_000]);
  });

  it('gives up after five tries', async () => {
    const { run, attempts } = setUp(() => {
      throw new ApiError(429, 'rate_limited', 'Later');
    });
    expect(await run(['ann@example.com'])).toEqual({
      removed: 0,
      failed: [{ address: 'ann@example.com', message: 'Later' }],
    });
    expect(attempts.get('ann@example.com')).toBe(5);
  });

  it('starts no other request after it is stopped', async () => {
    const { run, abort, attempts } = setUp((address) => {
      if (address === 'user7@example.com') abort.abort();
    });
    const { removed, failed } = await run();
    expect(failed).toEqual([]);
    expect(removed).toBe(attempts.size);
    expect(removed).toBeLessThan(14);
    expect(removed).toBeGreaterThan(6);
  });

  it('sends nothing if it is stopped before it begins', async () => {
    const { run, abort, attempts } = setUp();
    abort.abort();
    expect(await run()).toEqual({ removed: 0, failed: [] });
    expect(attempts.size).toBe(0);
  });
});
