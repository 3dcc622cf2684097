import type { Reputation, ReputationHistoryEntry, ReputationScope } from '../../api/types.ts';
import { hasScope } from '../../state/app.ts';
import { MODE_TEXT, STATE_TEXT, isWorse, keyNameIn, scopeName } from '../../text/reputation.ts';
import { Card } from '../page.tsx';
import type { GuardAction } from './guard-dialogs.tsx';
import { Contributors, StateText, Windows } from './scope-details.tsx';

function StateBadge({ state }: Pick<ReputationScope, 'state'>) {
  const { name, tone } = STATE_TEXT[state];
  return (
    <span class="badge" data-tone={tone}>
      {name}
    </span>
  );
}

function ScopeActions({
  scope,
  onAct,
}: {
  readonly scope: ReputationScope;
  readonly onAct: (action: GuardAction) => void;
}) {
  const isPaused = scope.state === 'paused';
  const of = scope.configuration_set === null ? '' : ` of ${scope.configuration_set}`;
  return (
    <div class="guard-actions">
      <button
        type="button"
        class={isPaused ? 'primary' : ''}
        disabled={!hasScope('admin')}
        aria-label={`${isPaused ? 'Resume' : 'Pause'} sending${of}`}
        onClick={() => onAct({ kind: isPaused ? 'resume' : 'pause', scope })}
      >
        {isPaused ? 'Resume sending' : 'Pause sending'}
      </button>
      {!hasScope('admin') && <p class="quiet">This needs a key with the admin scope.</p>}
    </div>
  );
}

function ModeSwitch({
  mode,
  onAct,
}: {
  readonly mode: Reputation['mode'];
  readonly onAct: (action: GuardAction) => void;
}) {
  return (
    <div class="segments" role="group" aria-label="Mode of the guard">
      {(['off', 'watch', 'pause'] as const).map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === mode}
          disabled={!hasScope('admin') && each !== mode}
          onClick={() => each !== mode && onAct({ kind: 'mode', mode: each })}
        >
          {MODE_TEXT[each].name}
        </button>
      ))}
    </div>
  );
}

interface Props {
  readonly reputation: Reputation;
  /** The newest changes of the states, which name the API keys. */
  readonly changes: readonly ReputationHistoryEntry[];
  readonly onAct: (action: GuardAction) => void;
}

/** The state of the guard for all email of the workspace: its rates beside their limits, and what contributes most. */
export function GuardCard({ reputation, changes, onAct }: Props) {
  const { mode, limits, scopes } = reputation;
  const [scope] = scopes;
  if (!scope) return null;
  return (
    <section class="card guard">
      <header class="card-head">
        <h2>
          Reputation guard <StateBadge state={scope.state} />
        </h2>
        <ModeSwitch mode={mode} onAct={onAct} />
      </header>
      <p class="quiet mode-text">{MODE_TEXT[mode].text}</p>
      <StateText scope={scope} mode={mode} keyName={keyNameIn(changes, scope)} />
      <ScopeActions scope={scope} onAct={onAct} />
      <Windows scope={scope} limits={limits} level={3} />
      <Contributors scope={scope} />
    </section>
  );
}

/** The state of the guard for each configuration set that is a scope. Nothing if there is none, as in a workspace with one set. */
export function ConfigurationSets({ reputation, changes, onAct }: Props) {
  const { mode, limits, scopes } = reputation;
  const sets = scopes.slice(1);
  if (sets.length === 0) return null;
  return (
    <Card title="Guard by configuration set">
      <div class="guard-sets">
        {sets.map((scope) => (
          <details key={scope.configuration_set} open={isWorse(scope, reputation)}>
            <summary>
              <StateBadge state={scope.state} />
              <h3>{scopeName(scope.configuration_set)}</h3>
            </summary>
            <StateText scope={scope} mode={mode} keyName={keyNameIn(changes, scope)} />
            <ScopeActions scope={scope} onAct={onAct} />
            <Windows scope={scope} limits={limits} level={4} />
          </details>
        ))}
      </div>
    </Card>
  );
}
