import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { toApiError, type ApiError } from '../../api/client.ts';
import type { ReputationLimits } from '../../../lambdas/core/reputation/types.ts';
import type { DryRun, Reputation } from '../../api/types.ts';
import { useReputation } from '../../api/use-reputation.ts';
import { client, hasScope } from '../../state/app.ts';
import { notify } from '../../state/notices.ts';
import { dryRunSentence, limitsOf, sameLimits, setToTry, textsOf } from '../../text/dry-run.ts';
import { scopeName } from '../../text/reputation.ts';
import { Confirm } from '../dialog.tsx';
import { Card } from '../page.tsx';
import { ErrorState } from '../states.tsx';
import { DryRunResult } from './dry-run-result.tsx';
import { LimitsFields } from './limits-fields.tsx';

/** Tries limits on the counters of the last 30 days, and saves them. Starts with the current limits. */
export function DryRunCard({ reputation }: { readonly reputation: Reputation }) {
  const { limits: saved, default_limits: defaults, scopes } = reputation;
  const { reload } = useReputation();
  const [texts, setTexts] = useState(() => textsOf(saved));
  const [chosenSet, setChosenSet] = useState('');
  const configurationSet = setToTry(scopes, chosenSet);
  const [showsErrors, setShowsErrors] = useState(false);
  const [result, setResult] = useState<DryRun>();
  const [error, setError] = useState<ApiError>();
  const [isBusy, setIsBusy] = useState(true);
  const [toSave, setToSave] = useState<ReputationLimits>();
  const { limits, errors } = limitsOf(texts);
  const isValid = Object.keys(errors).length === 0;

  async function run(tried: ReputationLimits, set: string): Promise<void> {
    setIsBusy(true);
    setError(undefined);
    try {
      const body = { limits: tried, ...(set !== '' && { configuration_set: set }) };
      setResult(await client.call<DryRun>('/v1/reputation/dry-run', { method: 'POST', body }));
    } catch (thrown) {
      setError(toApiError(thrown));
    }
    setIsBusy(false);
  }
  useEffect(() => {
    void run(saved, '');
  }, []);

  function submit(event: JSX.TargetedEvent<HTMLFormElement>): void {
    event.preventDefault();
    setShowsErrors(!isValid);
    if (isValid) void run(limits, configurationSet);
  }

  return (
    <Card title="Dry run" aside={<span class="quiet">the last 30 days in the mode Pause</span>}>
      <div class="dry-run-result" aria-busy={isBusy} aria-live="polite">
        {result && <p class="dry-run-sentence">{dryRunSentence(result)}</p>}
        {!result && !error && <span class="skeleton" />}
        {error && <ErrorState error={error} retry={() => void run(limits, configurationSet)} />}
      </div>
      {result && <DryRunResult result={result} hasLog={configurationSet === ''} />}
      <form onSubmit={submit} noValidate>
        {scopes.length > 1 && (
          <label class="filter">
            <span>Emails</span>
            <select
              name="configuration_set"
              value={configurationSet}
              onChange={(event) => setChosenSet(event.currentTarget.value)}
            >
              {scopes.map(({ configuration_set: set }) => (
                <option key={set} value={set ?? ''}>
                  {scopeName(set)}
                </option>
              ))}
            </select>
          </label>
        )}
        <LimitsFields texts={texts} errors={showsErrors ? errors : {}} onChange={setTexts} />
        <footer class="dialog-foot dry-run-foot">
          {!sameLimits(saved, defaults) && (
            <button type="button" class="plain" onClick={() => setTexts(textsOf(defaults))}>
              Use the default limits
            </button>
          )}
          <button
            type="button"
            disabled={!hasScope('admin') || !isValid || sameLimits(limits, saved)}
            onClick={() => setToSave(limits)}
          >
            Save limits
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            Run
          </button>
        </footer>
      </form>
      {toSave && (
        <Confirm
          title="Save limits"
          action="Save limits"
          onClose={() => setToSave(undefined)}
          onConfirm={async () => {
            const body = { limits: sameLimits(toSave, defaults) ? null : toSave };
            await client.call('/v1/reputation', { method: 'PATCH', body });
            await reload();
            notify('success', 'The guard uses the new limits.');
          }}
        >
          <p>The guard compares the next emails with these limits, for all email of the workspace.</p>
        </Confirm>
      )}
    </Card>
  );
}
