/**
 * The PartiQL that the product uses: `INSERT INTO "table" VALUE {'pk': ?, 'sk': ?}` with parameters. Anything else throws.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.insert.html
 */
import { namedError } from './aws-error.ts';
import type { Row } from '../lambdas/store/table.ts';

/** One statement of BatchExecuteStatement, as the document client accepts it. */
export interface Statement {
  readonly Statement: string;
  readonly Parameters?: readonly unknown[];
}

const INSERT = /^INSERT INTO "(?<table>[\w.-]+)" VALUE \{(?<attributes>.+)\}$/;
const ATTRIBUTE = /^'(?<name>[\w.-]+)' ?: ?\?$/;
/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementRequest.html */
const MAX_STATEMENT_LENGTH = 8_192;

/** The table and the item of an INSERT. Throws if the statement is anything else, or if its parameters do not match it. */
export function parseInsert({ Statement: text, Parameters: parameters = [] }: Statement): {
  readonly table: string;
  readonly item: Row;
} {
  const { table, attributes = '' } = INSERT.exec(text)?.groups ?? {};
  if (table === undefined) throw new Error(`The simulated table does not support the statement ${text}`);
  const names = attributes.split(',').map((each) => ATTRIBUTE.exec(each.trim())?.groups?.['name']);
  if (names.includes(undefined))
    throw new Error(`The simulated table does not support the statement ${text}`);
  if (text.length > MAX_STATEMENT_LENGTH)
    throw namedError('ValidationException', 'The statement is too long');
  if (new Set(names).size < names.length || names.length !== parameters.length)
    throw namedError('ValidationException', 'The parameters do not match the statement');
  // The document client removes undefined values only inside a parameter.
  if (parameters.includes(undefined)) throw namedError('ValidationException', 'A parameter is undefined');
  return { table, item: Object.fromEntries(names.map((name, index) => [name, parameters[index]])) as Row };
}
