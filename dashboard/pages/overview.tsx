import { useRef, useState } from 'preact/hooks';
import type { Endpoint, List } from '../api/types.ts';
import { useReputation } from '../api/use-reputation.ts';
import { useResource } from '../api/use-resource.ts';
import { Alerts } from '../components/overview/alerts.tsx';
import { EndpointList } from '../components/overview/endpoint-list.tsx';
import { FirstSteps } from '../components/overview/first-steps.tsx';
import { KeyFigures } from '../components/overview/key-figures.tsx';
import { OutcomeChart } from '../components/overview/outcome-chart.tsx';
import { IssueDomains } from '../components/overview/issue-domains.tsx';
import { RecentIssues, useIssues } from '../components/overview/recent-issues.tsx';
import { useFirstSteps } from '../components/overview/use-first-steps.ts';
import { usePreviousStats } from '../components/overview/use-previous-stats.ts';
import { Page } from '../components/page.tsx';
import { RangePicker, useStats } from '../components/range-picker.tsx';
import { ErrorState } from '../components/states.tsx';
import { TestEmailDialog } from '../components/test-email-dialog.tsx';
import { hasScope } from '../state/app.ts';

const POLL_MS = 15_000;

export function Overview() {
  const stats = useStats();
  const endpoints = useResource<List<Endpoint>>('/v1/webhooks', { pollMs: POLL_MS });
  const { before, isLoading: isLoadingBefore } = usePreviousStats(stats.range);
  const reputation = useReputation();
  const steps = useFirstSteps(endpoints);
  const issues = useIssues();
  const isFirstLoad = useRef(true);
  const [isSendingTest, setIsSendingTest] = useState(false);
  // Everything appears at once. If the alerts came after the numbers, the numbers would move down. Another time range then changes
  // the numbers in place.
  isFirstLoad.current &&=
    (!stats.data && !stats.error) ||
    (!endpoints.data && !endpoints.error) ||
    (!reputation.data && !reputation.error) ||
    isLoadingBefore ||
    steps.isLoading;
  return (
    <Page
      title="Overview"
      actions={
        <>
          <RangePicker range={stats.range} />
          {hasScope('send') && (
            <button type="button" class="primary" onClick={() => setIsSendingTest(true)}>
              Send test email
            </button>
          )}
        </>
      }
    >
      {isFirstLoad.current ? (
        <div class="loading overview-loading" role="status" aria-label="Loading">
          {Array.from({ length: 5 }, (_, index) => (
            <span key={index} class="skeleton" />
          ))}
        </div>
      ) : (
        <>
          <Alerts stats={stats.data} endpoints={endpoints.data?.data ?? []} />
          {steps.done && (
            <FirstSteps
              done={steps.done}
              onSendTestEmail={() => setIsSendingTest(true)}
              onDismiss={steps.dismiss}
            />
          )}
          {stats.error && <ErrorState error={stats.error} retry={() => void stats.reload()} />}
          {endpoints.error && <ErrorState error={endpoints.error} retry={() => void endpoints.reload()} />}
          {stats.data && (
            <>
              <KeyFigures stats={stats.data} before={before} range={stats.range} />
              <OutcomeChart stats={stats.data} isStale={stats.isStale} onZoom={stats.zoom} />
            </>
          )}
          <div class="columns">
            <RecentIssues issues={issues} />
            <div class="stack">
              {endpoints.data && <EndpointList endpoints={endpoints.data.data} stats={stats.data} />}
              <IssueDomains issues={issues.data} />
            </div>
          </div>
        </>
      )}
      {isSendingTest && (
        <TestEmailDialog
          onClose={() => setIsSendingTest(false)}
          onSent={() => {
            steps.reload();
            void stats.reload();
          }}
        />
      )}
    </Page>
  );
}
