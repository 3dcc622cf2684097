import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { CALL_LIMITS } from '../core/aws-limits.ts';

/** The one table, and the client that reaches it. */
export interface Table {
  readonly client: DynamoDBDocumentClient;
  readonly name: string;
}

/** An item of the table, as the document client reads and writes it. */
export interface Row extends Record<string, unknown> {
  readonly pk: string;
  readonly sk: string;
}

/** How rows become DynamoDB's types. */
export const MARSHALL_OPTIONS = { removeUndefinedValues: true } as const;

/** `client` is passed in by tests that count capacity or inject faults. */
export function createTable(
  name: string,
  client: DynamoDBClient = new DynamoDBClient({ requestHandler: CALL_LIMITS }),
): Table {
  return {
    name,
    client: DynamoDBDocumentClient.from(client, { marshallOptions: MARSHALL_OPTIONS }),
  };
}
