import { setTimeout as wait } from 'node:timers/promises';

const INTERVAL_MS = 200;
const GIVE_UP_MS = 30_000;

export interface ProbeReport {
  readonly requests: number;
  /** 95 of 100 responses took at most this time. A request without a response counts with the time for which it waited. */
  readonly p95Ms: number;
  /** Responses with a status from 500. */
  readonly errors: number;
  /** Requests that got no response within 30 s. */
  readonly unanswered: number;
}

interface Sample {
  readonly ms: number;
  /** 0 without a response. */
  readonly status: number;
}

async function measureRequest(url: string, apiKey: string): Promise<Sample> {
  const startMs = performance.now();
  const status = await fetch(url, {
    headers: { 'x-api-key': apiKey },
    signal: AbortSignal.timeout(GIVE_UP_MS),
  }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => 0,
  );
  return { ms: performance.now() - startMs, status };
}

/**
 * Reads the log of the workspace until `stop`: five times a second whether or not the earlier requests have a response, or, with
 * `oneAtATime`, 200 ms after each response.
 */
export function startApiProbe(options: {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly oneAtATime: boolean;
}): { stop(): Promise<ProbeReport> } {
  const samples: Promise<Sample>[] = [];
  const stopped = new AbortController();
  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      const sample = measureRequest(`${options.baseUrl}/v1/send/logs`, options.apiKey);
      samples.push(sample);
      if (options.oneAtATime) await sample;
      await wait(INTERVAL_MS);
    }
  }
  const running = run();
  return {
    async stop() {
      stopped.abort();
      await running;
      const measured = await Promise.all(samples);
      const times = measured.map(({ ms }) => ms).toSorted((left, right) => left - right);
      return {
        requests: times.length,
        p95Ms: times[Math.ceil(times.length * 0.95) - 1] ?? Number.NaN,
        errors: measured.filter(({ status }) => status >= 500).length,
        unanswered: measured.filter(({ status }) => status === 0).length,
      };
    },
  };
}
