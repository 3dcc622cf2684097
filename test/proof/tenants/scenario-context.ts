import { DEFAULT_WORKSPACE_ID } from '../../../lambdas/core/ids.ts';
import type { Row } from '../../../lambdas/store/table.ts';
import { CANARY } from './canaries.ts';
import type { Functions, Request } from './functions.ts';
import type { LogCapture } from './log-capture.ts';
import type { Receivers } from './receivers.ts';

export const WORKSPACE_ID = DEFAULT_WORKSPACE_ID;

/** Calls the seven Lambda functions on one table for a scenario, and collects the ids and secrets that the scenario creates. */
export class ScenarioContext {
  /** Rows in the order of their inserts, as in the table's stream. */
  readonly insertedRows: Row[] = [];
  /** The keys and secrets that the API returned in plain text. No log line may contain them. */
  readonly revealedSecrets: string[] = [];
  /** Ids that the log must contain. */
  readonly loggedIds: string[] = [];

  constructor(
    readonly functions: Functions,
    readonly receivers: Receivers,
    private readonly logs: LogCapture,
  ) {
    functions.table.onInsert = (row) => this.insertedRows.push(row);
  }

  /** Runs a handler. Lambda's runtime logs an error that leaves a handler, so the capture receives the error too. */
  async invoke<T>(run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      this.logs.logUncaught(error);
      return undefined;
    }
  }

  /** Runs a handler while AWS rejects each call for which `errorFor` returns an error. */
  async withAwsErrors<T>(errorFor: Functions['aws']['errorFor'], run: () => Promise<T>): Promise<void> {
    this.functions.aws.errorFor = errorFor;
    await this.invoke(run);
    this.functions.aws.errorFor = () => undefined;
  }

  async sendRequest(request: Omit<Request, 'workspaceId'>): Promise<Record<string, string>> {
    const { body, headers } = await this.functions.api({ ...request, workspaceId: WORKSPACE_ID });
    this.loggedIds.push(String(headers?.['x-request-id']));
    try {
      return JSON.parse(body) as Record<string, string>;
    } catch {
      return {};
    }
  }

  async createEndpoint(url: string): Promise<{ readonly id: string; readonly secret: string }> {
    const { id = '', secret = '' } = await this.sendRequest({
      method: 'POST',
      path: '/v1/webhooks',
      body: { url, description: CANARY.description, events: ['*'] },
    });
    this.revealedSecrets.push(secret);
    return { id, secret };
  }
}
