/**
 * A DynamoDB table in memory. It models only what the product's commands use: keys, the two indexes, conditions, and updates
 * by expression. test/conformance runs the same cases on this model and on the deployed table.
 */
import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { namedError } from './aws-error.ts';
import { readUnits } from './capacity.ts';
import { parseInsert, type Statement } from './partiql.ts';
import { itemSizeBytes } from '../lambdas/store/item-size.ts';
import { INDEX, KEY_ATTRIBUTES, PROJECTED_ATTRIBUTES } from '../lambdas/store/keys.ts';
import { MARSHALL_OPTIONS, type Row, type Table } from '../lambdas/store/table.ts';

type Input = Record<string, unknown> & {
  readonly TableName: string;
  readonly Key?: { readonly pk: string; readonly sk: string };
  readonly Item?: Row;
  readonly IndexName?: string;
  readonly KeyConditionExpression?: string;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
  readonly ReturnValues?: string;
};

export interface SimulatedTable extends Table {
  readonly rows: Map<string, Row>;
  /** The names of the commands so far, in order. */
  readonly calls: string[];
  /** Runs before each command. If it throws, the caller gets the error. */
  before: (command: string, input: Input) => void;
  /** Runs for each new row, in order, as the table's stream reports it. */
  onInsert: (row: Row) => void;
}

/** The attributes of a row that each index contains. */
const PROJECTIONS: Readonly<Record<string, ReadonlySet<string>>> = {
  [INDEX.g1]: new Set(['pk', 'sk', KEY_ATTRIBUTES.g1pk, ...PROJECTED_ATTRIBUTES]),
  [INDEX.g2]: new Set(['pk', 'sk', KEY_ATTRIBUTES.g2pk, ...PROJECTED_ATTRIBUTES]),
};

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
function isValidKey(key: { readonly pk: string; readonly sk: string }): boolean {
  const bytes = (text: string): number => Buffer.byteLength(text);
  return key.pk !== '' && key.sk !== '' && bytes(key.pk) <= 2048 && bytes(key.sk) <= 1024;
}

function projected(row: Row, index = ''): Row {
  const names = PROJECTIONS[index];
  return names ? (Object.fromEntries(Object.entries(row).filter(([name]) => names.has(name))) as Row) : row;
}

function rowKey(key: { readonly pk: string; readonly sk: string }): string {
  if (!isValidKey(key)) throw invalid('A key is empty or too long');
  return `${key.pk}\n${key.sk}`;
}

/** DynamoDB compares text by its UTF-8 bytes. */
function compare(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)));
}

function invalid(message: string): Error {
  return namedError('ValidationException', message);
}

const TOKEN = /\s*(<=|>=|<>|[()=<>,]|[#:]?[\w.]+)/y;

/** The product has a few dozen expressions, and each is used thousands of times. */
const tokenCache = new Map<string, readonly string[]>();

export function tokens(expression: string): readonly string[] {
  const known = tokenCache.get(expression) ?? readTokens(expression);
  tokenCache.set(expression, known);
  return known;
}

function readTokens(expression: string): readonly string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const match = TOKEN.exec(expression);
    if (!match?.[1]) throw invalid(`Cannot parse the expression: ${expression}`);
    found.push(match[1]);
  }
  return found;
}

/**
 * A recursive-descent parser of the grammar that the product's expressions use. Other syntax throws, so that no test passes
 * by accident.
 */
class Expression {
  private position = 0;
  private readonly tokens: readonly string[];
  constructor(
    text: string,
    private readonly row: Readonly<Record<string, unknown>>,
    private readonly input: Input,
  ) {
    this.tokens = tokens(text);
  }

  condition(): boolean {
    let result = this.conjunction();
    while (this.accept('OR')) result = this.conjunction() || result;
    return result;
  }

  update(): Record<string, unknown> {
    const next: Record<string, unknown> = { ...this.row };
    while (this.position < this.tokens.length) {
      if (this.accept('SET')) {
        do {
          const name = this.name();
          this.expect('=');
          next[name] = this.operand();
        } while (this.accept(','));
      } else if (this.accept('ADD')) {
        do {
          const name = this.name();
          next[name] = Number(this.row[name] ?? 0) + Number(this.operand());
        } while (this.accept(','));
      } else {
        this.expect('REMOVE');
        do {
          delete next[this.name()];
        } while (this.accept(','));
      }
    }
    return next;
  }

  private conjunction(): boolean {
    let result = this.term();
    while (this.accept('AND')) result = this.term() && result;
    return result;
  }

  private term(): boolean {
    if (this.accept('NOT')) return !this.term();
    if (this.accept('(')) {
      const result = this.condition();
      this.expect(')');
      return result;
    }
    if (this.accept('attribute_exists')) return this.argument() !== undefined;
    if (this.accept('attribute_not_exists')) return this.argument() === undefined;
    if (this.accept('begins_with')) {
      this.expect('(');
      const value = this.operand();
      this.expect(',');
      const prefix = this.operand();
      this.expect(')');
      return typeof value === 'string' && value.startsWith(String(prefix));
    }
    const left = this.operand();
    if (this.accept('BETWEEN')) {
      const low = this.operand();
      this.expect('AND');
      const high = this.operand();
      return left !== undefined && compare(left, low) >= 0 && compare(left, high) <= 0;
    }
    if (this.accept('IN')) {
      this.expect('(');
      const options: unknown[] = [];
      do options.push(this.operand());
      while (this.accept(','));
      this.expect(')');
      return options.includes(left);
    }
    const operator = this.take();
    const right = this.operand();
    if (operator === '=') return left === right;
    if (operator === '<>') return left !== right;
    if (left === undefined || right === undefined) return false;
    const order = compare(left, right);
    if (operator === '<') return order < 0;
    if (operator === '<=') return order <= 0;
    if (operator === '>') return order > 0;
    if (operator === '>=') return order >= 0;
    throw invalid(`Unknown operator ${operator}`);
  }

  private argument(): unknown {
    this.expect('(');
    const value = this.operand();
    this.expect(')');
    return value;
  }

  private operand(): unknown {
    if (this.accept('if_not_exists')) {
      this.expect('(');
      const present = this.operand();
      this.expect(',');
      const fallback = this.operand();
      this.expect(')');
      return present ?? fallback;
    }
    if (this.tokens[this.position]?.startsWith(':')) {
      const placeholder = this.take();
      const values = this.input.ExpressionAttributeValues ?? {};
      // The document client removes undefined values.
      if (values[placeholder] === undefined) throw invalid(`No value for ${placeholder}`);
      return values[placeholder];
    }
    return this.row[this.name()];
  }

  private name(): string {
    const token = this.take();
    if (!token.startsWith('#')) return token;
    const name = this.input.ExpressionAttributeNames?.[token];
    if (name === undefined) throw invalid(`No name for ${token}`);
    return name;
  }

  private accept(token: string): boolean {
    if (this.tokens[this.position] !== token) return false;
    this.position += 1;
    return true;
  }

  private expect(token: string): void {
    if (!this.accept(token))
      throw invalid(`Expected ${token} at ${this.tokens.slice(this.position).join(' ')}`);
  }

  private take(): string {
    const token = this.tokens[this.position];
    if (token === undefined) throw invalid('The expression ends early');
    this.position += 1;
    return token;
  }
}

const EXPRESSIONS = ['KeyConditionExpression', 'ConditionExpression', 'UpdateExpression'] as const;

/** DynamoDB rejects an unused name or value, an empty map of names or values, and an empty expression. */
function checkExpressions(input: Input): void {
  const texts = EXPRESSIONS.flatMap((name) => input[name] ?? []);
  if (texts.some((text) => text.trim() === '')) throw invalid('An expression is empty');
  const used = new Set(texts.flatMap(tokens));
  for (const placeholders of [input.ExpressionAttributeNames, input.ExpressionAttributeValues]) {
    if (!placeholders) continue;
    const unused = Object.keys(placeholders).filter((name) => !used.has(name));
    if (unused.length > 0 || Object.keys(placeholders).length === 0)
      throw invalid(`No expression uses ${unused.join(', ') || 'anything'}`);
  }
}

function copyOf<T>(value: T, changeEntries: <E>(entries: E[]) => E[]): T {
  // DynamoDB returns a Buffer as a Uint8Array.
  if (value instanceof Uint8Array) return new Uint8Array(value) as T;
  if (Array.isArray(value)) return value.map((each) => copyOf(each, changeEntries)) as T;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  const entries = Object.entries(value).map(([name, each]) => [name, copyOf(each, changeEntries)] as const);
  return Object.fromEntries(changeEntries(entries)) as T;
}

/** A copy whose maps have their entries in reverse order, because DynamoDB does not keep the order of map entries. */
function asRead(row: Row): Row {
  return copyOf(row, (entries) => entries.toReversed());
}

/**
 * A copy without undefined values, which the document client removes. The SDK's marshaller processes every row, because it
 * rejects some rows that DynamoDB would accept, for example a map with the key `constructor`.
 */
function asWritten(row: Row): Row {
  marshall(row, MARSHALL_OPTIONS);
  return copyOf(row, (entries) => entries.filter((entry) => (entry as readonly unknown[])[1] !== undefined));
}

const PARTITION_KEYS = ['pk', 'g1pk', 'g2pk'] as const;

/** The rows by key and by partition. Without partitions, each query would search the whole table. */
class Rows extends Map<string, Row> {
  private readonly partitions = new Map<string, Map<string, Row>>();

  override set(key: string, row: Row): this {
    const old = this.get(key);
    for (const name of PARTITION_KEYS) {
      if (old && old[name] !== row[name]) this.partition(name, old)?.delete(key);
      this.partition(name, row)?.set(key, row);
    }
    return super.set(key, row);
  }

  override delete(key: string): boolean {
    const row = this.get(key);
    if (row) for (const name of PARTITION_KEYS) this.partition(name, row)?.delete(key);
    return super.delete(key);
  }

  /** The rows of one partition of the table or of an index, unsorted. */
  in(attribute: string, value: unknown): Iterable<Row> {
    return this.partitions.get(`${attribute}\n${String(value)}`)?.values() ?? [];
  }

  /** Undefined if the row does not have the attribute, because an index contains only rows with its key. */
  private partition(name: string, row: Row): Map<string, Row> | undefined {
    const value = row[name];
    if (typeof value !== 'string') return undefined;
    const id = `${name}\n${value}`;
    const known = this.partitions.get(id) ?? new Map<string, Row>();
    this.partitions.set(id, known);
    return known;
  }
}

/** The name and value of the partition key in a query. The product has no query without one, so its absence throws. */
function partitionOf(input: Input): readonly [string, unknown] {
  const equal = /(?:^| )(#?\w+) = (:\w+)(?: |$)/.exec(input.KeyConditionExpression ?? '');
  const [, name = '', value = ''] = equal ?? [];
  const attribute = input.ExpressionAttributeNames?.[name] ?? name;
  if (!PARTITION_KEYS.some((key) => key === attribute)) throw new Error('The query has no partition key');
  return [attribute, input.ExpressionAttributeValues?.[value]];
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const MAX_BATCH_READ_BYTES = 16 * 1024 * 1024;
const MAX_PARTITION_READ_BYTES = 1024 * 1024;

/** Whether one BatchGetItem can still return this row. If so, its bytes are subtracted. */
function takeBytes(left: { total: number; readonly partitions: Map<string, number> }, row: Row): boolean {
  const bytes = itemSizeBytes(row);
  const partition = left.partitions.get(row.pk) ?? MAX_PARTITION_READ_BYTES;
  if (bytes > left.total || bytes > partition) return false;
  left.total -= bytes;
  left.partitions.set(row.pk, partition - bytes);
  return true;
}

export interface SimulatedTableOptions {
  /**
   * Returns a promise that settles when a transaction that starts now ends. Until then, DynamoDB refuses other writes of its
   * items. Undefined if the transaction ends at once, which is the default.
   */
  readonly transactionEnd?: () => Promise<void> | undefined;
}

/** An item of a transaction that does not fail. */
const NO_REASON = 'None';

export function simulatedTable({ transactionEnd }: SimulatedTableOptions = {}): SimulatedTable {
  const rows = new Rows();
  const calls: string[] = [];
  /** The keys of the items in the transactions that have not ended. Reads of them succeed. */
  const inTransaction = new Set<string>();

  function refuseInTransaction(key: string): void {
    if (!inTransaction.has(key)) return;
    throw new TransactionConflictException({
      message: 'Transaction is ongoing for the item',
      $metadata: {},
    });
  }

  function check(input: Input, row: Row | undefined): void {
    if (input.ConditionExpression === undefined) return;
    if (new Expression(input.ConditionExpression, row ?? {}, input).condition()) return;
    throw new ConditionalCheckFailedException({
      message: 'The conditional request failed',
      $metadata: {},
      ...(row &&
        input['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD' && {
          Item: marshall(row, { removeUndefinedValues: true }),
        }),
    });
  }

  function store(row: Row): void {
    const key = rowKey(row);
    const isNew = !rows.has(key);
    rows.set(key, row);
    if (isNew) table.onInsert(row);
  }

  function query(input: Input): unknown {
    if (Object.values(input.ExpressionAttributeValues ?? {}).includes(''))
      throw invalid('A key condition has an empty string');
    const forward = input['ScanIndexForward'] !== false;
    const found = [...rows.in(...partitionOf(input))]
      .filter((row) => new Expression(input.KeyConditionExpression ?? '', row, input).condition())
      .toSorted(
        (left, right) => (compare(left.sk, right.sk) || compare(left.pk, right.pk)) * (forward ? 1 : -1),
      );
    const start = input['ExclusiveStartKey'] as Row | undefined;
    const from = start ? found.findIndex((row) => rowKey(row) === rowKey(start)) + 1 : 0;
    const limit = (input['Limit'] as number | undefined) ?? Infinity;
    const items = found.slice(from, from + limit);
    const last = items.at(-1);
    // DynamoDB does not check if there is a row after a full page.
    const hasNextPage = items.length === limit && last !== undefined;
    const Items = items.map((row) => asRead(projected(row, input.IndexName)));
    return {
      ...(input['Select'] !== 'COUNT' && { Items }),
      Count: items.length,
      ...(input['ReturnConsumedCapacity'] !== undefined && {
        ConsumedCapacity: {
          CapacityUnits: readUnits({ Items }, input['ConsistentRead'] === true),
        },
      }),
      ...(hasNextPage && { LastEvaluatedKey: { pk: last.pk, sk: last.sk } }),
    };
  }

  /** The result of one INSERT of a batch. An error of one statement does not affect the others. */
  function insert(inserted: Row): unknown {
    try {
      const item = asWritten(inserted);
      if (inTransaction.has(rowKey(item)))
        return { Error: { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' } };
      if (rows.has(rowKey(item)))
        return {
          TableName: 'table',
          Error: { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' },
        };
      store(item);
      return { TableName: 'table' };
    } catch (error) {
      return { Error: { Code: 'ValidationError', Message: (error as Error).message } };
    }
  }

  function batchGet(input: Input): unknown {
    const [name, request] = Object.entries(
      input['RequestItems'] as Record<string, { readonly Keys: readonly Row[] }>,
    )[0] ?? ['table', { Keys: [] }];
    const keys = request.Keys.map(rowKey);
    if (new Set(keys).size < keys.length || keys.length === 0 || keys.length > 100)
      throw invalid('The batch has a key twice, no key, or more than 100 keys');
    const left = { total: MAX_BATCH_READ_BYTES, partitions: new Map<string, number>() };
    const found = request.Keys.map((key) => {
      const row = rows.get(rowKey(key));
      return { key, row, isRead: !row || takeBytes(left, row) };
    });
    const unread = found.filter(({ isRead }) => !isRead).map(({ key }) => key);
    // DynamoDB does not keep the order of the keys.
    const items = found.flatMap(({ row, isRead }) => (row && isRead ? [asRead(row)] : [])).toReversed();
    return {
      Responses: { [name]: items },
      UnprocessedKeys: unread.length > 0 ? { [name]: { ...request, Keys: unread } } : {},
    };
  }

  const commands: Record<string, (input: Input) => unknown> = {
    GetCommand(input) {
      const row = input.Key && rows.get(rowKey(input.Key));
      return row ? { Item: asRead(row) } : {};
    },
    PutCommand(input) {
      const item = asWritten((input.Item ?? {}) as Row);
      refuseInTransaction(rowKey(item));
      check(input, rows.get(rowKey(item)));
      store(item);
      return {};
    },
    UpdateCommand(input) {
      const key = input.Key ?? { pk: '', sk: '' };
      const old = rows.get(rowKey(key));
      refuseInTransaction(rowKey(key));
      check(input, old);
      const next = asWritten(new Expression(input.UpdateExpression ?? '', old ?? key, input).update() as Row);
      store(next);
      return input.ReturnValues === 'ALL_NEW' ? { Attributes: asRead(next) } : {};
    },
    DeleteCommand(input) {
      const key = input.Key ?? { pk: '', sk: '' };
      refuseInTransaction(rowKey(key));
      check(input, rows.get(rowKey(key)));
      const old = rows.get(rowKey(key));
      rows.delete(rowKey(key));
      return input.ReturnValues === 'ALL_OLD' && old ? { Attributes: old } : {};
    },
    TransactWriteCommand(input) {
      const items = input['TransactItems'] as Record<'Put' | 'Update' | 'Delete', Input | undefined>[];
      const writes = items.map(({ Put, Update, Delete }) => ({
        name: Put ? 'PutCommand' : Update ? 'UpdateCommand' : 'DeleteCommand',
        write: (Put ?? Update ?? Delete) as Input,
      }));
      for (const { write } of writes) checkExpressions(write);
      const keys = writes.map(({ write }) => rowKey(write.Item ?? write.Key ?? { pk: '', sk: '' }));
      if (new Set(keys).size < keys.length || keys.length > 100)
        throw invalid('The transaction has two writes of one item, or more than 100 items');
      const reasons = writes.map(({ write }, index) => {
        const key = keys[index] ?? '';
        if (inTransaction.has(key)) return { Code: 'TransactionConflict' };
        try {
          check(write, rows.get(key));
          return { Code: NO_REASON };
        } catch {
          return { Code: 'ConditionalCheckFailed' };
        }
      });
      if (reasons.some(({ Code }) => Code !== NO_REASON)) {
        throw new TransactionCanceledException({
          message: 'Transaction canceled',
          CancellationReasons: reasons,
          $metadata: {},
        });
      }
      const end = (): unknown => {
        for (const key of keys) inTransaction.delete(key);
        for (const { name, write } of writes) commands[name]?.(write);
        return {};
      };
      const ended = transactionEnd?.();
      if (!ended) return end();
      for (const key of keys) inTransaction.add(key);
      return ended.then(end);
    },
    QueryCommand: query,
    BatchGetCommand: batchGet,
    BatchExecuteStatementCommand(input) {
      const statements = input['Statements'] as readonly Statement[];
      if (statements.length === 0 || statements.length > 25)
        throw invalid('The batch has no statement, or more than 25 statements');
      const items = statements.map((statement) => parseInsert(statement).item);
      // AWS does not document what happens to a key that a batch contains twice. So the product must not do it.
      if (new Set(items.map(({ pk, sk }) => `${pk}\n${sk}`)).size < items.length)
        throw new Error('The batch has two statements for one item');
      return { Responses: items.map(insert) };
    },
    BatchWriteCommand(input) {
      const requests =
        (input['RequestItems'] as Record<string, { PutRequest: { Item: Row } }[]>)['table'] ?? [];
      const keys = requests.map((request) => rowKey(request.PutRequest.Item));
      if (new Set(keys).size < keys.length || keys.length > 25) {
        throw invalid('The batch has two writes of one item, or more than 25 items');
      }
      // AWS does not document the result for an item of an open transaction. The model leaves the item unprocessed.
      const open = requests.filter((request) => inTransaction.has(rowKey(request.PutRequest.Item)));
      for (const request of requests) {
        const item = asWritten(request.PutRequest.Item);
        if (!open.includes(request)) store(item);
      }
      return open.length > 0 ? { UnprocessedItems: { table: open } } : {};
    },
  };

  const table = {
    name: 'table',
    rows,
    calls,
    before: () => {},
    onInsert: () => {},
    client: {
      async send(command: { readonly constructor: { readonly name: string }; readonly input: Input }) {
        const name = command.constructor.name;
        calls.push(name);
        table.before(name, command.input);
        const run = commands[name];
        if (!run) throw new Error(`The simulated table does not support ${name}`);
        checkExpressions(command.input);
        return run(command.input);
      },
    },
  } as unknown as SimulatedTable;
  return table;
}
