import type { KMSClient } from '@aws-sdk/client-kms';
import type { SESv2Client } from '@aws-sdk/client-sesv2';
import type { RetryOptions } from '../core/retry-schedule.ts';
import type { Resolve } from '../delivery/address-guard.ts';
import type { SecretOpener } from '../delivery/secrets.ts';
import type { Sender } from '../delivery/send.ts';
import type { Table } from '../store/table.ts';
import type { SesAccountReader } from './ses-account.ts';

/** The dependencies of the routes: AWS clients, network access, settings, clock and randomness. */
export interface ApiDeps {
  readonly table: Table;
  /** Must not retry. SES has no idempotency, so a retry could send an email twice. */
  readonly ses: SESv2Client;
  readonly kms: KMSClient;
  readonly secrets: SecretOpener;
  /** Makes one attempt. Used for test events. */
  readonly sendWebhook: Sender;
  readonly resolve: Resolve;
  /** Reads a file of docs/site/. Names that begin with `dashboard/` are files of the dashboard. */
  readonly readSite: (file: string) => Promise<string>;
  readonly cursorKey: () => Promise<Uint8Array>;
  readonly configurationSet: string;
  /** Reads the status of the SES account, at most once a minute. */
  readonly sesAccount: SesAccountReader;
  /** Whether a pause of the default workspace also disables sending with the configuration set in SES. */
  readonly pausesConfigurationSet: boolean;
  /** Called if the reputation guard could not be read, so an email is sent without its check. Writes a log line and a metric. */
  readonly onUncheckedSend: (error: unknown) => void;
  readonly secretsKeyArn: string;
  readonly retentionDays: number;
  readonly retry: RetryOptions;
  readonly allowInsecureEndpoints: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
}
