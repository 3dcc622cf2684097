/** Reads the conditions of the writes that reach a table, and replaces them. */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { parseInsert, type Statement } from '../../../sim/partiql.ts';
import { tokens, type SimulatedTable } from '../../../sim/table.ts';
import { siteOf } from './sites.ts';
import { NEVER } from './weaken.ts';

/** A condition that was sent. */
export interface Sent {
  /** `lambdas/store/<file>.ts <function>` */
  readonly site: string;
  /** Position of the write in its transaction. 0 for a single write. */
  readonly item: number;
  readonly text: string;
}

type Write = {
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>>;
};

type Command = {
  readonly input: Write & {
    readonly TransactItems?: readonly Readonly<Record<string, Write>>[];
    readonly Statements?: readonly Statement[];
  };
};

/** The condition that each INSERT of PartiQL has. Its statement does not contain it. */
const INSERT_CONDITION = 'attribute_not_exists(pk)';

/** Replaces the condition of each write with the result of `replace`. If the result is undefined, the write has no condition. */
export function onConditions(
  table: SimulatedTable,
  sites: ReadonlySet<string>,
  replace: (sent: Sent) => string | undefined,
): void {
  const send = table.client.send.bind(table.client) as (command: object) => Promise<unknown>;

  const rewritten = (write: Write, item: number, stack: string): Write => {
    const { ConditionExpression: text, ...rest } = write;
    if (text === undefined) return write;
    const site = siteOf(stack, sites);
    if (site === undefined) throw new Error(`No function of the product sends this condition: ${text}`);
    const replaced = replace({ site, item, text });
    return withoutUnused(replaced === undefined ? rest : { ...rest, ConditionExpression: replaced });
  };

  /** Executes INSERTs without their condition, or as if it never held. */
  const insertOtherwise = async (statements: readonly Statement[], condition: string | undefined) => {
    if (condition !== undefined && condition !== NEVER)
      throw new Error(`An INSERT cannot have the condition ${condition}`);
    if (condition === undefined)
      for (const Item of statements.map((statement) => parseInsert(statement).item))
        await send(new PutCommand({ TableName: table.name, Item }));
    const response = condition === undefined ? {} : { Error: { Code: 'DuplicateItem' } };
    return { Responses: statements.map(() => response) };
  };

  Object.assign(table.client, {
    send(command: Command) {
      const stack = fullStack();
      const { TransactItems: items, Statements: statements, ...input } = command.input;
      if (statements) {
        const site = siteOf(stack, sites);
        if (site === undefined) throw new Error('No function of the product sends this INSERT');
        const condition = replace({ site, item: 0, text: INSERT_CONDITION });
        return condition === INSERT_CONDITION ? send(command) : insertOtherwise(statements, condition);
      }
      const next = items
        ? {
            ...input,
            TransactItems: items.map((entry, item) =>
              Object.fromEntries(
                Object.entries(entry).map(([kind, write]) => [kind, rewritten(write, item, stack)]),
              ),
            ),
          }
        : rewritten(input, 0, stack);
      // A new command of the same class, because the caller's command must stay unchanged.
      const copy = Object.create(Object.getPrototypeOf(command) as object) as object;
      return send(Object.assign(copy, { input: next }));
    },
  });
}

/** Removes the names and values that the expressions no longer use, because DynamoDB refuses unused ones. */
function withoutUnused(write: Write): Write {
  const used = new Set([write.ConditionExpression ?? '', write.UpdateExpression ?? ''].flatMap(tokens));
  const selectUsed = <T>(entries: Readonly<Record<string, T>> | undefined) =>
    Object.fromEntries(Object.entries(entries ?? {}).filter(([name]) => used.has(name)));
  const { ExpressionAttributeNames, ExpressionAttributeValues, ...rest } = write;
  const names = selectUsed(ExpressionAttributeNames);
  const values = selectUsed(ExpressionAttributeValues);
  return {
    ...rest,
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
}

function fullStack(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const { stack = '' } = new Error('stack');
  Error.stackTraceLimit = limit;
  return stack;
}
