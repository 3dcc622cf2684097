import { useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { useReputation } from '../api/use-reputation.ts';
import { AwsCard } from '../components/deliverability/aws-card.tsx';
import { BreakdownCard } from '../components/deliverability/breakdown-card.tsx';
import { DryRunCard } from '../components/deliverability/dry-run-card.tsx';
import { ConfigurationSets, GuardCard } from '../components/deliverability/guard-card.tsx';
import { GuardDialog, type GuardAction } from '../components/deliverability/guard-dialogs.tsx';
import { ReputationHistory, useReputationHistory } from '../components/deliverability/history.tsx';
import { ReasonsCard } from '../components/deliverability/reasons-card.tsx';
import { useBreakdown, useBreakdownBefore } from '../components/deliverability/use-breakdown.ts';
import { Page } from '../components/page.tsx';
import { RangePicker, useStatsRange } from '../components/range-picker.tsx';
import { EmptyState, ErrorState } from '../components/states.tsx';
import { changeSearchParams, useSearchParams } from '../state/url.ts';
import { isBreakdown } from '../text/breakdown.ts';

export function Deliverability() {
  const [search, setSearch] = useSearchParams();
  const range = useStatsRange();
  const param = search.get('by');
  const by = isBreakdown(param) ? param : 'provider';
  const reputation = useReputation();
  const history = useReputationHistory(reputation.data);
  const breakdown = useBreakdown(range, by, { series: true });
  const { before, isLoading: isLoadingBefore } = useBreakdownBefore(range, by);
  const reasons = useBreakdown(range, 'reason', { series: false });
  const [action, setAction] = useState<GuardAction>();
  const isFirstLoad = useRef(true);
  // Everything appears at once, so that nothing moves. Another range or tab then changes the numbers in place.
  isFirstLoad.current &&=
    (!reputation.data && !reputation.error) ||
    (!history.data && !history.error) ||
    (!breakdown.data && !breakdown.error) ||
    (!reasons.data && !reasons.error) ||
    isLoadingBefore;
  const hasNeverSent = breakdown.data?.totals.sent === 0 && before === undefined && range.name !== undefined;
  return (
    <Page title="Deliverability" actions={<RangePicker range={range} />}>
      {isFirstLoad.current ? (
        <div class="loading deliverability-loading" role="status" aria-label="Loading">
          {Array.from({ length: 3 }, (_, index) => (
            <span key={index} class="skeleton" />
          ))}
        </div>
      ) : (
        <>
          {reputation.error && <ErrorState error={reputation.error} retry={() => void reputation.reload()} />}
          {reputation.data && (
            <div class="columns guard-columns">
              <GuardCard reputation={reputation.data} changes={history.data?.data ?? []} onAct={setAction} />
              <div class="stack">
                <AwsCard aws={reputation.data.aws} />
                <ReputationHistory history={history} />
              </div>
            </div>
          )}
          {reputation.data && (
            <ConfigurationSets
              reputation={reputation.data}
              changes={history.data?.data ?? []}
              onAct={setAction}
            />
          )}
          {hasNeverSent ? (
            <div class="panel">
              <EmptyState title="No emails in this time range." drawing="email">
                <p>
                  The rates by mailbox provider, sender and tag appear here within seconds after the first
                  email. Emails to the SES mailbox simulator are not counted.
                </p>
                <Link class="button" href="/">
                  Go to Overview
                </Link>
              </EmptyState>
            </div>
          ) : (
            <>
              <BreakdownCard
                breakdown={breakdown}
                before={before}
                by={by}
                range={range}
                onSelect={(name) =>
                  setSearch(changeSearchParams(search, { by: name === 'provider' ? undefined : name }), {
                    replace: true,
                  })
                }
              />
              <ReasonsCard breakdown={reasons} />
            </>
          )}
          {reputation.data && <DryRunCard reputation={reputation.data} />}
        </>
      )}
      <GuardDialog action={action} onClose={() => setAction(undefined)} />
    </Page>
  );
}
