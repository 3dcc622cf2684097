import { DEFAULT_WORKSPACE_ID } from '../../../lambdas/core/ids.ts';
import type { Row } from '../../../lambdas/store/table.ts';
import { CANARY } from './canaries.ts';
import type { Functions, Request } from './functions.ts';
import type { LogCapture } from './log-capture.ts';
import type { Receivers } from './receivers.ts';

export const WORKSPACE_ID = DEFAULT_WORKSPACE_ID;

/** The seven functions on one table, and what a scene needs to call them. */
export class Stage {
  /** Rows in the order of their coming, as the table's stream has them. */
  readonly inserted: Row[] = [];
  /** Keys and secrets that were made. */
  readonly shown: string[] = [];
  /** Ids that the log does name. */
  readonly named: string[] = [];

  constructor(
    readonly functions: Functions,
    readonly receivers: Receivers,
    private readonly logs: LogCapture,
  ) {
    functions.table.onInsert = (row) => this.inserted.push(row);
  }

  /** Nobody is there to see what it throws but the runtime, which writes it down. */
  async call<T>(run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (error) {
      this.logs.thrown(error);
      return undefined;
    }
  }

  async while<T>(fault: Functions['aws']['fault'], run: () => Promise<T>): Promise<void> {
    this.functions.aws.fault = fault;
    await this.call(run);
    this.functions.aws.fault = () => undefined;
  }

  async ask(request: Omit<Request, 'workspaceId'>): Promise<Record<string, string>> {
    const { body, headers } = await this.functions.api({ ...request, workspaceId: WORKSPACE_ID });
    this.named.push(String(headers?.['x-request-id']));
    try {
      return JSON.parse(body) as Record<string, string>;
    } catch {
      return {};
    }
  }

  async endpoint(url: string): Promise<{ readonly id: string; readonly secret: string }> {
    const { id = '', secret = '' } = await this.ask({
      method: 'POST',
      path: '/v1/webhooks',
      body: { url, description: CANARY.description, events: ['*'] },
    });
    this.shown.push(secret);
    return { id, secret };
  }
}
