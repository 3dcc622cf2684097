import { describePause } from '../core/reputation/describe.ts';
import type { ScopeState } from '../core/reputation/types.ts';
import { readChangedScopes } from '../store/reputation.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError } from './errors.ts';
import { respondIfRepeated } from './idempotency.ts';
import type { RouteResponse } from './route.ts';
import type { PlannedEmail } from './send-command.ts';

async function readPause(
  { table, configurationSet }: ApiDeps,
  workspaceId: string,
  consistent: boolean,
): Promise<ScopeState | undefined> {
  const configurationSets = [null, configurationSet];
  const scopes = await readChangedScopes(table, workspaceId, { configurationSets, consistent });
  const paused = scopes.filter(({ state }) => state === 'paused');
  return paused.find(({ configuration_set: set }) => set === null) ?? paused[0];
}

/**
 * The pause that stops an email of this workspace, or undefined. Every email of the API is sent with the configuration set of the
 * deployment, so a pause of that set stops it, too. If the guard cannot be read, the email is sent: an error of the guard must not
 * stop the email of an operator who has no problem. A metric then raises an alarm.
 *
 * The first read is eventually consistent, which costs half as much for every email. Only a pause is read again, consistently, so that
 * an email is sent as soon as a person has resumed.
 */
export async function findPause(deps: ApiDeps, workspaceId: string): Promise<ScopeState | undefined> {
  try {
    const pause = await readPause(deps, workspaceId, false);
    return pause && (await readPause(deps, workspaceId, true));
  } catch (error) {
    deps.onUncheckedSend(error);
    return undefined;
  }
}

/**
 * Refuses an email without a call to SES, and leaves its idempotency key free. A repeated request whose email was sent before the pause
 * gets its first response again.
 */
export async function respondWhilePaused(
  deps: ApiDeps,
  email: PlannedEmail,
  { pause, key }: { readonly pause: ScopeState; readonly key: string | undefined },
): Promise<RouteResponse> {
  const repeated = key === undefined ? undefined : await respondIfRepeated(deps, email, key);
  if (repeated) return repeated;
  throw new ApiError('reputation_paused', describePause(pause));
}
