/** Types of the API responses, inferred from the schemas of the API handlers. If the API changes a field that the dashboard uses, the dashboard does not compile. */
import type * as z from 'zod/mini';
import type { apiKeyJson, newApiKeyJson, workspaceJson } from '../../lambdas/api/schemas/api-keys.ts';
import type {
  attemptJson,
  deliveryJson,
  deliveryWithAttemptsJson,
} from '../../lambdas/api/schemas/deliveries.ts';
import type { messageJson } from '../../lambdas/api/schemas/messages.ts';
import type {
  dryRunJson,
  reputationChangeJson,
  reputationJson,
  reputationScopeJson,
} from '../../lambdas/api/schemas/reputation.ts';
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
export type StatsBreakdown = NonNullable<Stats['breakdown']>;
/** The statistics of a value of a dimension, or of everything else. */
export type StatsGroup = StatsBreakdown['groups'][number] | StatsBreakdown['other'];
export type StatsWithBreakdown = Stats & { readonly breakdown: StatsBreakdown };
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
export type Reputation = z.output<typeof reputationJson>;
export type ReputationScope = z.output<typeof reputationScopeJson>;
export type ReputationHistoryEntry = z.output<typeof reputationChangeJson>;
export type DryRun = z.output<typeof dryRunJson>;
