import { useMemo, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { Endpoint, List, LogEntry, Stats } from '../api/types.ts';
import { useResource } from '../api/use-resource.ts';
import { StatusBadge } from '../components/badge.tsx';
import { Chart } from '../components/chart/chart.tsx';
import type { Series } from '../components/chart/props.ts';
import { FirstSteps } from '../components/first-steps.tsx';
import { RateMeter } from '../components/rate-meter.tsx';
import { Card, Page } from '../components/page.tsx';
import { RangePicker, useStats } from '../components/range-picker.tsx';
import { EmptyState, ErrorState, Loading } from '../components/states.tsx';
import { TestEmailDialog } from '../components/test-email-dialog.tsx';
import { Time } from '../components/time.tsx';
import { STATS_RANGES } from '../text/stats-range.ts';
import { hasScope } from '../state/app.ts';
import { endpointState, failingFirst, heldDeliveriesText } from '../text/endpoint-state.ts';
import { explain } from '../text/explain.ts';
import { formatCompact, formatDuration, formatNumber, formatPercent, pluralize } from '../text/format.ts';

const POLL_MS = 15_000;

/** The outcomes of emails. An email with a complaint is also counted as `delivered`. Complaints are shown because they need attention. */
const OUTCOMES = [
  { name: 'delivered', tone: 'good' },
  { name: 'delayed', tone: 'warn' },
  { name: 'soft_bounced', tone: 'soft' },
  { name: 'bounced', tone: 'bad' },
  { name: 'complained', tone: 'complaint' },
  { name: 'suppressed', tone: 'held' },
  { name: 'failed', tone: 'fail' },
] as const;

function Volume({
  stats,
  interval,
}: {
  readonly stats: Stats | undefined;
  readonly interval: 'hour' | 'day';
}) {
  const series = useMemo(
    () =>
      OUTCOMES.map(({ name, tone }): Series => ({
        name,
        tone,
        values: stats?.buckets.map(({ counts }) => counts[name]) ?? [],
        total: stats?.totals[name] ?? null,
      })),
    [stats],
  );
  const starts = useMemo(() => stats?.buckets.map(({ start }) => start) ?? [], [stats]);
  return (
    <Chart
      title="Emails by outcome"
      unit={`emails per ${interval}`}
      interval={interval}
      starts={starts}
      series={series}
      kind="bars"
      minimum={5}
      wholeNumbers
      format={(value) => (value === null ? '–' : formatNumber(value))}
      formatTick={formatCompact}
    />
  );
}

/** Opens and clicks, and how many of them were automated. Empty if there are none. A stack tracks them only with the option `trackEngagement`. */
function engagementText({ totals, rates }: Stats): string {
  if (totals.opened + totals.clicked === 0) return '';
  const countText = (noun: string, total: number, automated: number): string =>
    `${pluralize(total, noun)} (${formatNumber(automated)} automated)`;
  const opens = countText('open', totals.opened, totals.opened_automated);
  const clicks = countText('click', totals.clicked, totals.clicked_automated);
  return `${opens}, ${clicks}. Rates per delivered email, without automated opens and clicks: ${formatPercent(rates.open)} opens, ${formatPercent(rates.click)} clicks. `;
}

function Rates({ stats }: { readonly stats: Stats }) {
  const { totals, rates, limits } = stats;
  return (
    <div class="stats">
      <div class="stat">
        <h2>Sent</h2>
        <p class="figure">{formatNumber(totals.sent)}</p>
        <p class="quiet">accepted by SES</p>
      </div>
      <div class="stat">
        <h2>Delivery rate</h2>
        <p class="figure">{formatPercent(rates.delivery)}</p>
        <div
          class="meter"
          data-level="good"
          role="img"
          aria-label={`Delivery rate: ${formatPercent(rates.delivery)}`}
        >
          <span class="fill" style={{ width: `${Math.min(100, (rates.delivery ?? 0) * 100)}%` }} />
        </div>
        <p class="quiet">
          {formatNumber(totals.delivered)} delivered, {formatNumber(totals.suppressed)} suppressed,{' '}
          {formatNumber(totals.failed)} failed
        </p>
      </div>
      <RateMeter name="Bounce rate" rate={rates.bounce} limits={limits.bounce} />
      <RateMeter name="Complaint rate" rate={rates.complaint} limits={limits.complaint} />
    </div>
  );
}

function newestIssues(lists: readonly (List<LogEntry> | undefined)[]): readonly LogEntry[] {
  return lists
    .flatMap((list) => list?.data ?? [])
    .toSorted((left, right) => (left.timestamp < right.timestamp ? 1 : -1))
    .slice(0, 8);
}

function RecentIssues() {
  const bounces = useResource<List<LogEntry>>('/v1/send/logs?type=bounce&limit=8', { pollMs: POLL_MS });
  const complaints = useResource<List<LogEntry>>('/v1/send/logs?type=complaint&limit=8', { pollMs: POLL_MS });
  const failed = useResource<List<LogEntry>>('/v1/send/logs?status=failed&limit=8', { pollMs: POLL_MS });
  const resources = [bounces, complaints, failed];
  const error = resources.find((each) => each.error && !each.data)?.error;
  const entries = newestIssues(resources.map(({ data }) => data));
  return (
    <Card title="Recent issues" aside={<Link href="/logs?type=bounce">View bounces</Link>}>
      {error && <ErrorState error={error} retry={() => resources.forEach((each) => void each.reload())} />}
      {!error && resources.some(({ data }) => !data) && <Loading />}
      {!error && resources.every(({ data }) => data) && entries.length === 0 && (
        <EmptyState title="No bounces, complaints or failures." />
      )}
      <ul class="rows">
        {entries.map((entry) => (
          <li key={entry.event_id}>
            <StatusBadge status={entry.status} />
            <Link href={`/logs/${encodeURIComponent(entry.message_id)}`} class="grow">
              {entry.to ?? '(no recipient)'}
              <span class="quiet line">{explain(entry)?.meaning ?? entry.subject}</span>
            </Link>
            <Time at={entry.timestamp} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function EndpointHealth({
  endpoints,
  stats,
}: {
  readonly endpoints: readonly Endpoint[] | undefined;
  readonly stats: Stats | undefined;
}) {
  const byId = new Map(stats?.endpoints.map((each) => [each.endpoint_id, each]));
  return (
    <Card title="Webhook endpoints" aside={<Link href="/webhooks">View webhooks</Link>}>
      {endpoints === undefined && <Loading lines={3} />}
      {endpoints?.length === 0 && (
        <EmptyState title="No webhooks yet.">
          <Link href="/webhooks?new=1">Add webhook</Link>
        </EmptyState>
      )}
      <ul class="rows">
        {failingFirst(endpoints ?? [])
          .slice(0, 8)
          .map((endpoint) => {
            const counts = byId.get(endpoint.id);
            return (
              <li key={endpoint.id}>
                <StatusBadge status={endpointState(endpoint)} />
                <Link href={`/webhooks/${endpoint.id}`} class="grow">
                  {endpoint.description ?? new URL(endpoint.url).host}
                  <span class="quiet line">{heldDeliveriesText(endpoint) ?? endpoint.url}</span>
                </Link>
                <span class="num" data-bad={(counts?.error_rate ?? 0) > 0.1}>
                  {formatPercent(counts?.error_rate ?? null)}
                  <span class="quiet line">
                    {counts ? pluralize(counts.attempts, 'attempt') : '–'} · p95{' '}
                    {formatDuration(counts?.p95_ms ?? null)}
                  </span>
                </span>
              </li>
            );
          })}
      </ul>
    </Card>
  );
}

export function Overview() {
  const { data: stats, error, range, reload } = useStats();
  const endpoints = useResource<List<Endpoint>>('/v1/webhooks', { pollMs: POLL_MS });
  const newest = useResource<List<LogEntry>>('/v1/send/logs?limit=1', { pollMs: 5_000 });
  const [isSendingTest, setIsSendingTest] = useState(false);
  const isEmpty = newest.data?.data.length === 0;
  return (
    <Page
      title="Overview"
      actions={
        <>
          <RangePicker range={range} />
          {hasScope('send') && (
            <button type="button" class="primary" onClick={() => setIsSendingTest(true)}>
              Send test email
            </button>
          )}
        </>
      }
    >
      {isEmpty && (
        <FirstSteps
          hasWebhook={(endpoints.data?.data.length ?? 0) > 0}
          onSendTestEmail={() => setIsSendingTest(true)}
        />
      )}
      {error && <ErrorState error={error} retry={() => void reload()} />}
      {stats ? <Rates stats={stats} /> : !error && <Loading lines={4} />}
      <section class="card">
        <Volume stats={stats} interval={STATS_RANGES[range].interval} />
        {stats && (
          <p class="quiet">
            {engagementText(stats)}Statistics exclude emails to the SES mailbox simulator. The log includes
            them.
          </p>
        )}
      </section>
      <div class="columns">
        <RecentIssues />
        <EndpointHealth endpoints={endpoints.data?.data} stats={stats} />
      </div>
      {isSendingTest && (
        <TestEmailDialog
          onClose={() => setIsSendingTest(false)}
          onSent={() => {
            void newest.reload();
            void reload();
          }}
        />
      )}
    </Page>
  );
}
