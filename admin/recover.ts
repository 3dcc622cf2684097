import { randomBytes } from 'node:crypto';
import { newRecovery, recoveryRange, type RecoveryRange } from '../lambdas/core/commands.ts';
import { isId, randomId } from '../lambdas/core/ids.ts';
import { MISSED_KINDS, type MissedKind } from '../lambdas/core/missed-kinds.ts';
import { countMissed, type MissedCount } from '../lambdas/delivery/recover.ts';
import { putRecovery } from '../lambdas/store/commands.ts';
import { getEndpoint } from '../lambdas/store/endpoints.ts';
import type { Deployment } from './deployment.ts';
import { UsageError } from '../cli/usage-error.ts';
import { resolveWorkspaceId } from './init.ts';
import { formatTable, type CommandOutput } from './output.ts';
import { parseTime } from './parse-time.ts';

/** A command has no timeout of API Gateway, so it can count longer than the API does. */
const MAX_COUNT_MS = 120_000;

const DESCRIPTIONS: Readonly<Record<MissedKind, string>> = {
  failed: 'the delivery ended without success, or was lost',
  held: 'the delivery is held',
  paused: 'arrived while the endpoint was paused or disabled',
  never_sent: 'the filter of that time did not include the event',
  before_created: 'older than the endpoint',
};

export interface RecoverOptions {
  readonly workspace?: string | undefined;
  readonly since: string;
  readonly until?: string | undefined;
  readonly include: string;
  readonly 'dry-run': boolean;
}

function parseKinds(text: string): readonly MissedKind[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(MISSED_KINDS as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new UsageError(`There is no kind ${unknown}. The kinds are ${MISSED_KINDS.join(', ')}`);
  return [...new Set(names)] as MissedKind[];
}

function parseRange({ since, until }: RecoverOptions, nowMs: number): RecoveryRange {
  for (const [name, text] of Object.entries({ since, until })) parseTime(name, text);
  const range = recoveryRange({ since, until }, nowMs);
  if (!range) throw new UsageError('--since must be before --until, and in the past');
  return range;
}

function countsText({ counts, count, exact }: MissedCount, include: readonly MissedKind[]): string {
  const rows = MISSED_KINDS.map((kind) => [
    kind,
    String(counts[kind]),
    include.includes(kind) ? 'yes' : 'no',
    DESCRIPTIONS[kind],
  ]);
  const total = `${exact ? '' : 'at least '}${count} ${count === 1 ? 'event' : 'events'}`;
  return `${formatTable(['kind', 'events', 'included', ''], rows)}\n\nIncluded: ${total}`;
}

/** `recover ENDPOINT` */
export async function recover(
  deployment: Deployment,
  endpointId: string,
  options: RecoverOptions,
): Promise<CommandOutput> {
  const { table } = deployment;
  const workspaceId = resolveWorkspaceId(deployment, options.workspace);
  const include = parseKinds(options.include);
  const nowMs = Date.now();
  const range = parseRange(options, nowMs);
  if (!isId('ep', endpointId)) throw new UsageError(`${endpointId} is not the id of an endpoint`);
  const endpoint = await getEndpoint(table, workspaceId, endpointId);
  if (!endpoint) throw new UsageError(`${workspaceId} has no endpoint ${endpointId}`);
  const isDryRun = options['dry-run'];
  if (!isDryRun && endpoint.status !== 'active')
    throw new UsageError(`The endpoint is ${endpoint.status}. Resume it before you recover its events`);
  const deps = { table, now: () => Date.now() };
  const counted = await countMissed(deps, { endpoint, ...range, include }, nowMs + MAX_COUNT_MS);
  const text = countsText(counted, include);
  if (isDryRun) return { result: { recovery_id: null, ...counted }, text: `${text}. None is sent` };
  const id = randomId('rcv', randomBytes);
  await putRecovery(table, newRecovery({ id, endpoint, range, include, count: counted.count, nowMs }));
  return {
    result: { recovery_id: id, ...counted },
    text: `${text}\nRecovery ${id} delivers them at 25 per second. Its progress: GET /v1/recoveries/${id}`,
  };
}
