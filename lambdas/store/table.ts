import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { CALL_LIMITS } from '../core/aws-client-timeouts.ts';

/** The table of the deployment, with the client to access it. */
export interface Table {
  readonly client: DynamoDBDocumentClient;
  readonly name: string;
  /** Returns a number in [0, 1), for the delay before a retry. Default: `Math.random`. */
  readonly random?: () => number;
}

/** An item of the table, as the document client reads and writes it. */
export interface Row extends Record<string, unknown> {
  readonly pk: string;
  readonly sk: string;
}

/** How the document client converts rows to DynamoDB's types. */
export const MARSHALL_OPTIONS = { removeUndefinedValues: true } as const;

/** Tests pass a `client` of their own to count capacity or to inject errors. */
export function createTable(
  name: string,
  client: DynamoDBClient = new DynamoDBClient({ requestHandler: CALL_LIMITS }),
): Table {
  return {
    name,
    client: DynamoDBDocumentClient.from(client, { marshallOptions: MARSHALL_OPTIONS }),
  };
}
