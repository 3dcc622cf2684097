/** Types of the API responses, inferred from the schemas of the API handlers. If the API changes a field that the dashboard uses, the dashboard does not compile. */
import type * as z from 'zod/mini';
import type { apiKeyJson, newApiKeyJson, workspaceJson } from '../../lambdas/api/schemas/api-keys.ts';
import type {
  attemptJson,
  deliveryJson,
  deliveryWithAttemptsJson,
} from '../../lambdas/api/schemas/deliveries.ts';
import type { messageJson } from '../../lambdas/api/schemas/messages.ts';
import type { logEntryJson, timelineJson } from '../../lambdas/api/schemas/send-logs.ts';
import type { sentJson } from '../../lambdas/api/schemas/send.ts';
import type { statsJson } from '../../lambdas/api/schemas/stats.ts';
import type { suppressionJson } from '../../lambdas/api/schemas/suppressions.ts';
import type {
  checkedUrlJson,
  endpointChangeJson,
  endpointJson,
  endpointWithSecretJson,
  recoverResponseJson,
  recoveryJson,
  rotatedSecretJson,
  updatedEndpointJson,
  webhookTestJson,
} from '../../lambdas/api/schemas/webhooks.ts';

export interface List<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
  readonly prev_cursor: string | null;
}

/** A list that can be searched. `searched_until` is null if the page is full or the search is complete. */
export interface SearchedList<T> extends List<T> {
  readonly searched_until: string | null;
}

export type ApiKey = z.output<typeof apiKeyJson>;
export type NewApiKey = z.output<typeof newApiKeyJson>;
export type Workspace = z.output<typeof workspaceJson>;
export type LogEntry = z.output<typeof logEntryJson>;
export type MessageSummary = z.output<typeof messageJson>;
export type Timeline = z.output<typeof timelineJson>;
export type Sent = z.output<typeof sentJson>;
export type Stats = z.output<typeof statsJson>;
export type Suppression = z.output<typeof suppressionJson>;
export type Endpoint = z.output<typeof endpointJson>;
export type EndpointWithSecret = z.output<typeof endpointWithSecretJson>;
export type UpdatedEndpoint = z.output<typeof updatedEndpointJson>;
export type EndpointHistoryEntry = z.output<typeof endpointChangeJson>;
export type CheckedUrl = z.output<typeof checkedUrlJson>;
export type WebhookTest = z.output<typeof webhookTestJson>;
export type RotatedSecret = z.output<typeof rotatedSecretJson>;
export type RecoverResult = z.output<typeof recoverResponseJson>;
export type Recovery = z.output<typeof recoveryJson>;
export type Delivery = z.output<typeof deliveryJson>;
export type DeliveryWithAttempts = z.output<typeof deliveryWithAttemptsJson>;
export type Attempt = z.output<typeof attemptJson>;

/** One value of a dimension in the statistics of a time range: a mailbox provider, a sender, a tag, a configuration set or a reason. */
export interface StatsGroup {
  readonly value: string;
  /** The value as a user reads it: `Gmail` for `gmail`. */
  readonly name: string;
  readonly totals: Stats['totals'];
  /** Emails that were delayed at least once. */
  readonly delayed_emails: number;
  readonly rates: Stats['rates'] & { readonly delayed: number | null };
  readonly time_to_delivery: { readonly p50_ms: number | null; readonly p95_ms: number | null };
  readonly buckets?: readonly StatsGroupBucket[];
}

export interface StatsGroupBucket {
  readonly start: string;
  readonly sent: number;
  readonly delivered: number;
  readonly delayed: number;
  readonly bounced: number;
  readonly soft_bounced: number;
  readonly complained: number;
  readonly opened: number;
  readonly clicked: number;
}

export interface StatsBreakdown {
  readonly by: 'provider' | 'sender' | 'tag' | 'configuration_set' | 'reason';
  readonly groups: readonly StatsGroup[];
  readonly other: StatsGroup & {
    readonly top_domains?: readonly {
      readonly domain: string;
      readonly sent: number;
      readonly bounced: number;
    }[];
  };
}

export type StatsWithBreakdown = Stats & { readonly breakdown: StatsBreakdown };

export interface RateLimit {
  readonly warning: number;
  readonly pause: number;
  readonly min_count: number;
}

export interface WindowLimits {
  readonly min_sent: number;
  readonly bounce: RateLimit;
  readonly complaint: RateLimit;
}

export interface ReputationLimits {
  readonly hour: WindowLimits;
  readonly day: WindowLimits;
}

export interface ReputationReason {
  readonly window: 'hour' | 'day';
  readonly metric: 'bounce' | 'complaint';
  readonly severity: 'warning' | 'pause';
  readonly rate: number;
  readonly limit: number;
  readonly count: number;
  readonly volume: number;
}

export interface ReputationWindow {
  readonly window: 'hour' | 'day';
  readonly after: string;
  readonly before: string;
  readonly sent: number;
  readonly delivered: number;
  readonly bounced: number;
  readonly complained: number;
  readonly bounce_rate: number | null;
  readonly complaint_rate: number | null;
}

export interface Contributor {
  readonly value: string;
  readonly name: string;
  readonly sent: number;
  readonly bounced: number;
  readonly complained: number;
}

export interface ReputationScope {
  /** Null for the whole workspace. */
  readonly configuration_set: string | null;
  readonly state: 'ok' | 'warning' | 'paused';
  readonly since: string;
  readonly reasons: readonly ReputationReason[];
  readonly changed_by: string;
  readonly grace_until: string | null;
  readonly windows: readonly ReputationWindow[];
  readonly contributors: Readonly<
    Record<'tag' | 'sender' | 'provider' | 'reason', readonly Contributor[]>
  >;
}

export interface Reputation {
  readonly mode: 'off' | 'watch' | 'pause';
  readonly limits: ReputationLimits;
  readonly default_limits: ReputationLimits;
  readonly pauses_configuration_set: boolean;
  readonly scopes: readonly ReputationScope[];
  readonly aws: {
    readonly enforcement_status: string;
    readonly sending_enabled: boolean;
    readonly production_access: boolean;
    readonly max_24_hour_send: number;
    readonly sent_last_24_hours: number;
    readonly checked_at: string;
  } | null;
}

export interface ReputationHistoryEntry {
  readonly at: string;
  readonly configuration_set: string | null;
  readonly from: ReputationScope['state'];
  readonly to: ReputationScope['state'];
  readonly changed_by: string;
  readonly by_name: string | null;
  readonly reasons: readonly ReputationReason[];
  readonly event_id: string | null;
}

export interface DryRun {
  readonly after: string;
  readonly before: string;
  readonly mode: Reputation['mode'];
  readonly limits: ReputationLimits;
  readonly warnings: number;
  readonly pauses: number;
  readonly transitions: readonly {
    readonly at: string;
    readonly from: ReputationScope['state'];
    readonly to: ReputationScope['state'];
    readonly reasons: readonly ReputationReason[];
  }[];
}
