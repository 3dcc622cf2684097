import { useMemo } from 'preact/hooks';
import { formatCompact, formatDuration, formatNumber, formatPercent } from '../text/format.ts';
import { Chart } from './chart/chart.tsx';
import { Card } from './page.tsx';
import { RangePicker, useStats } from './range-picker.tsx';
import { ErrorState } from './states.tsx';

/** Polls more often than the overview, because users watch this page while they fix an endpoint. */
const POLL_MS = 5_000;

/** Charts of one endpoint over time: error rate, number of attempts, and response time. */
export function EndpointStats({ id }: { readonly id: string }) {
  const { data, error, range, isStale, zoom, reload } = useStats(id, POLL_MS);
  const counts = data?.endpoints[0];
  const charts = useMemo(() => {
    const buckets = counts?.buckets ?? [];
    return {
      starts: buckets.map(({ start }) => start),
      attempts: [
        {
          name: 'Succeeded',
          tone: 'good',
          values: buckets.map(({ attempts, failures }) => attempts - failures),
          total: (counts?.attempts ?? 0) - (counts?.failures ?? 0),
        },
        {
          name: 'Failed',
          tone: 'bad',
          values: buckets.map(({ failures }) => failures),
          total: counts?.failures ?? 0,
        },
      ],
      rates: [
        {
          name: 'Error rate',
          tone: 'bad',
          values: buckets.map(({ error_rate: rate }) => rate),
          total: counts?.error_rate ?? null,
        },
      ],
      durations: [
        {
          name: 'p50',
          tone: 'seen',
          values: buckets.map(({ p50_ms: p50 }) => p50),
          total: counts?.p50_ms ?? null,
        },
        {
          name: 'p95',
          tone: 'warn',
          values: buckets.map(({ p95_ms: p95 }) => p95),
          total: counts?.p95_ms ?? null,
        },
      ],
    };
  }, [counts]);
  const interval = data?.interval ?? range.interval;
  const frame = { interval, starts: charts.starts, level: 3, height: 180, onZoom: zoom } as const;
  return (
    <>
      <div class="stats endpoint-stats">
        <div class="stat">
          <h2>Error rate</h2>
          <p class="figure" data-bad={(counts?.error_rate ?? 0) > 0.1} data-name="error_rate">
            {formatPercent(counts?.error_rate ?? null)}
          </p>
          <p class="quiet">failed attempts</p>
        </div>
        <div class="stat">
          <h2>Attempts</h2>
          <p class="figure" data-name="attempts">
            {counts ? formatNumber(counts.attempts) : '–'}
          </p>
          <p class="quiet">{counts ? formatNumber(counts.failures) : '–'} failed</p>
        </div>
        <div class="stat">
          <h2>Response time (p95)</h2>
          <p class="figure">{formatDuration(counts?.p95_ms ?? null)}</p>
          <p class="quiet">median {formatDuration(counts?.p50_ms ?? null)}</p>
        </div>
      </div>
      <Card title="Over time" aside={<RangePicker range={range} />}>
        {error && <ErrorState error={error} retry={() => void reload()} />}
        <div class="columns three" aria-busy={isStale}>
          <Chart
            {...frame}
            title="Error rate"
            unit={`share of failed attempts per ${interval}`}
            series={charts.rates}
            kind="lines"
            minimum={0.05}
            format={formatPercent}
          />
          <Chart
            {...frame}
            title="Attempts"
            unit={`per ${interval}`}
            series={charts.attempts}
            kind="bars"
            minimum={5}
            wholeNumbers
            format={(value) => (value === null ? '–' : formatNumber(value))}
            formatTick={formatCompact}
          />
          <Chart
            {...frame}
            title="Response time"
            unit={`per ${interval}`}
            series={charts.durations}
            kind="lines"
            minimum={100}
            wholeNumbers
            format={formatDuration}
          />
        </div>
      </Card>
    </>
  );
}
