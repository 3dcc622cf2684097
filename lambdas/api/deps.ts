import type { KMSClient } from '@aws-sdk/client-kms';
import type { SESv2Client } from '@aws-sdk/client-sesv2';
import type { RetryOptions } from '../core/retry-schedule.ts';
import type { Resolve } from '../delivery/address-guard.ts';
import type { SecretOpener } from '../delivery/secrets.ts';
import type { Sender } from '../delivery/send.ts';
import type { Table } from '../store/table.ts';

/** What the routes reach the world with. */
export interface ApiDeps {
  readonly table: Table;
  /** Must not retry by itself: SES has no idempotency, and a mail must not go out twice. */
  readonly ses: SESv2Client;
  readonly kms: KMSClient;
  readonly secrets: SecretOpener;
  /** Makes one attempt, for tests of an endpoint. */
  readonly sendWebhook: Sender;
  readonly resolve: Resolve;
  /** A file of docs/site/, or of the dashboard below `dashboard/`. */
  readonly readSite: (file: string) => Promise<string>;
  readonly cursorKey: () => Promise<Uint8Array>;
  readonly configurationSet: string;
  readonly secretsKeyArn: string;
  readonly retentionDays: number;
  readonly retry: RetryOptions;
  readonly allowInsecureEndpoints: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
}
