import type { Attempt } from '../core/deliveries.ts';
import {
  decideFailureAction,
  healthOf,
  isRecordedFailing,
  probeDelaySeconds,
} from '../core/endpoint-health.ts';
import type { Endpoint, EndpointAction, EndpointHistoryEntry } from '../core/endpoints.ts';
import { randomId } from '../core/ids.ts';
import type { Decision } from '../core/outcome.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { scaledSeconds } from '../core/wait-scale.ts';
import {
  clearFailures,
  countFailure,
  openBreaker,
  recordFailing,
  type BreakerOpening,
} from '../store/endpoint-health.ts';
import { disableEndpoint, getEndpoint } from '../store/endpoints.ts';
import type { Table } from '../store/table.ts';

/** How an attempt changed its endpoint: the endpoint became failing, it was disabled, or neither. */
export type EndpointTransition = 'none' | 'failing' | 'disabled';

/** The result of an attempt, as far as the health of its endpoint depends on it. */
export interface HealthEvidence {
  /** The endpoint as it was known before the request was sent. */
  readonly before: Endpoint;
  readonly decision: Decision;
  readonly attempt: Attempt;
  readonly nowMs: number;
}

export interface TrackerDeps {
  readonly table: Table;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Scales the wait before the first probe. 1 if absent. */
  readonly waitScale?: number;
}

/**
 * The endpoint of a group, and the changes of its health that the attempts of the group cause. The group reads the endpoint
 * once. A later attempt must know of the failures of the earlier ones, so that its success can end their streak.
 */
export class EndpointTracker {
  /** The snapshot whose streak a success is ending. Without this, 20 successes at once would each try to end it. */
  private clearing: Endpoint | undefined;
  /** Whether a failure is opening the breaker, recording the health or disabling the endpoint. */
  private isWriting = false;
  /** The last update that counts failures, and the one after it, which waits for it. */
  private lastCount: Promise<unknown> = Promise.resolve();
  private nextCount: Promise<Endpoint | undefined> | undefined;
  /** Failures that the next update counts. */
  private uncounted = 0;

  constructor(
    private readonly deps: TrackerDeps,
    /** Undefined if the endpoint was deleted meanwhile. */
    public current: Endpoint | undefined,
  ) {}

  /** A success ends a failure streak. A failure can open the breaker or disable the endpoint. */
  async update(evidence: HealthEvidence): Promise<EndpointTransition> {
    const { before, decision, attempt, nowMs } = evidence;
    if (decision.outcome === 'delivered') {
      await this.endStreak(before, nowMs);
      return 'none';
    }
    // An internal error gives no information about the receiver.
    if (attempt.error_class === 'internal') return 'none';
    if (decision.disableReason !== undefined)
      return this.disable(before, this.entry(nowMs, 'disabled', decision.disableReason));
    const counted = await this.count(before, nowMs);
    if (!counted) {
      // The URL has changed, or the endpoint was deleted. The rest of the group must not be sent to the old URL.
      await this.readAgain(before);
      return 'none';
    }
    this.current = counted;
    return this.countedFailure(before, counted, nowMs);
  }

  /** Failures that end during an update are counted together by the next one, because all of them change the same row. */
  private count(endpoint: Endpoint, nowMs: number): Promise<Endpoint | undefined> {
    this.uncounted += 1;
    this.nextCount ??= this.lastCount.then(() => {
      const failures = this.uncounted;
      this.uncounted = 0;
      this.nextCount = undefined;
      return countFailure(this.deps.table, endpoint, formatTimestamp(nowMs), failures);
    });
    const count = this.nextCount;
    this.lastCount = count.catch(() => {});
    return count;
  }

  private async endStreak(before: Endpoint, nowMs: number): Promise<void> {
    if (this.clearing === before) return;
    const hasStreak = before.failing_since !== undefined || isRecordedFailing(before);
    if (!hasStreak) return;
    this.clearing = before;
    const entry = this.entry(nowMs, 'recovered', recoveredReason(before));
    try {
      await clearFailures(this.deps.table, before, entry);
    } catch (error) {
      this.clearing = undefined;
      throw error;
    }
    await this.readAgain(before);
  }

  /** After a conditional update, only the row shows whether another execution changed the endpoint first. */
  private async readAgain({ workspace_id: workspaceId, id }: Endpoint): Promise<void> {
    this.current = await getEndpoint(this.deps.table, workspaceId, id);
  }

  private async countedFailure(
    before: Endpoint,
    counted: Endpoint,
    nowMs: number,
  ): Promise<EndpointTransition> {
    const { failures = 0, failing_since: since = formatTimestamp(nowMs) } = counted;
    const action = decideFailureAction(counted, nowMs);
    const reason = `${failures} consecutive failed attempts since ${since}`;
    if (action === 'disable') return this.disable(before, this.entry(nowMs, 'disabled', reason), since);
    // The history has one entry for each change of health. A breaker that opens again does not change the health.
    const isSameStreak = before.failing_since === counted.failing_since;
    const isRecorded = isRecordedFailing(counted) || (isSameStreak && isRecordedFailing(before));
    const record = async (write: () => Promise<boolean>): Promise<EndpointTransition> =>
      (await this.alone(write)) && !isRecorded ? 'failing' : 'none';
    if (action === 'open_breaker')
      return record(() => {
        const text = `${failures} consecutive failed attempts; new deliveries are held`;
        const probeMs = nowMs + scaledSeconds(probeDelaySeconds(0), this.deps.waitScale) * 1000;
        return this.open(counted, {
          historyEntry: this.entry(nowMs, 'failing', text),
          nextProbeAt: formatTimestamp(probeMs),
          recorded: isRecorded,
        });
      });
    if (counted.health === undefined && healthOf(counted, nowMs) === 'failing')
      return record(() => {
        const entry = isRecorded ? undefined : this.entry(nowMs, 'failing', reason);
        return recordFailing(this.deps.table, counted, entry);
      });
    return 'none';
  }

  private async open(counted: Endpoint, opening: Omit<BreakerOpening, 'commandId'>): Promise<boolean> {
    const { id: commandId, at } = opening.historyEntry;
    const opened = await openBreaker(this.deps.table, counted, { ...opening, commandId });
    if (opened) this.current = { ...(this.current ?? counted), breaker_opened_at: at };
    else await this.readAgain(counted);
    return opened;
  }

  /** Makes a write that only the first of several failures makes. Returns false while another failure makes one. */
  private async alone(write: () => Promise<boolean>): Promise<boolean> {
    if (this.isWriting) return false;
    this.isWriting = true;
    try {
      return await write();
    } finally {
      this.isWriting = false;
    }
  }

  private async disable(
    endpoint: Endpoint,
    historyEntry: EndpointHistoryEntry,
    since?: string,
  ): Promise<EndpointTransition> {
    const isDisabled = await this.alone(async () => {
      const changed = await disableEndpoint(this.deps.table, endpoint, historyEntry, since);
      if (changed) this.current = { ...(this.current ?? endpoint), status: 'disabled' };
      else await this.readAgain(endpoint);
      return changed;
    });
    return isDisabled ? 'disabled' : 'none';
  }

  private entry(nowMs: number, action: EndpointAction, reason: string): EndpointHistoryEntry {
    const at = formatTimestamp(nowMs);
    return { id: randomId('req', this.deps.randomBytes), at, action, by: 'ivymail', reason };
  }
}

/** The reason of a `recovered` entry. A row of v0.1.0 can have an open breaker without a count of failures. */
function recoveredReason({ failures = 0, failing_since: since }: Endpoint): string {
  const accepted = 'The receiver accepted a webhook again';
  if (failures === 0 || since === undefined) return accepted;
  const attempts = failures === 1 ? '1 failed attempt' : `${failures} failed attempts`;
  return `${accepted}, after ${attempts} since ${since}`;
}
