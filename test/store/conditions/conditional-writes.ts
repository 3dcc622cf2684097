/** Reads the conditions of the writes that reach a table, and replaces them. */
import { tokens, type SimulatedTable } from '../../../sim/table.ts';
import { siteOf } from './sites.ts';

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
  readonly input: Write & { readonly TransactItems?: readonly Readonly<Record<string, Write>>[] };
};

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

  Object.assign(table.client, {
    send(command: Command) {
      const stack = fullStack();
      const { TransactItems: items, ...input } = command.input;
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
