/** A request to the API at a fixed interval, whether or not the earlier ones have a response. */
const INTERVAL_MS = 200;
const GIVE_UP_MS = 30_000;

export interface ProbeReport {
  readonly requests: number;
  /** 95 of 100 responses took at most this time. A request without a response counts with the time for which it waited. */
  readonly p95Ms: number;
  /** Responses with a status from 500, and requests without a response. */
  readonly errors: number;
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

/** Reads the log of the workspace five times a second, until `stop`. */
export function startApiProbe({ baseUrl, apiKey }: { readonly baseUrl: string; readonly apiKey: string }): {
  stop(): Promise<ProbeReport>;
} {
  const samples: Promise<Sample>[] = [];
  const timer = setInterval(() => {
    samples.push(measureRequest(`${baseUrl}/v1/send/logs`, apiKey));
  }, INTERVAL_MS);
  return {
    async stop() {
      clearInterval(timer);
      const measured = await Promise.all(samples);
      const times = measured.map(({ ms }) => ms).toSorted((left, right) => left - right);
      return {
        requests: times.length,
        p95Ms: times[Math.ceil(times.length * 0.95) - 1] ?? Number.NaN,
        errors: measured.filter(({ status }) => status === 0 || status >= 500).length,
      };
    },
  };
}
