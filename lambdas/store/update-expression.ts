type Attributes = Readonly<Record<string, unknown>>;

/** The changes that one write makes to an item. An attribute may be in one of the fields only. */
export interface ItemUpdate {
  /** Attributes to write. An attribute whose value is undefined stays unchanged. */
  readonly set?: Attributes;
  /** Attributes to write if the item does not have them. */
  readonly setIfAbsent?: Attributes;
  /** Attributes to write, or to remove if the value is undefined. */
  readonly setOrRemove?: Attributes;
  /** Numbers to add. DynamoDB counts a missing attribute as 0. */
  readonly add?: Readonly<Record<string, number>>;
  readonly remove?: readonly string[];
}

/** The placeholders that the condition of the write uses and the update does not define. */
export interface ConditionPlaceholders {
  /** Attributes that the condition refers to as `#attribute`. */
  readonly names?: readonly string[];
  /** Values that the condition refers to as `:name`. */
  readonly values?: Attributes;
}

interface UpdateInput {
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
}

function namePlaceholder(attribute: string): string {
  return `#${attribute}`;
}

/** The prefix separates the values of the update from those of the condition. Without it, one could replace the other. */
function valuePlaceholder(attribute: string): string {
  return `:new_${attribute}`;
}

function definedEntries(attributes: Attributes): [string, unknown][] {
  return Object.entries(attributes).filter(([, value]) => value !== undefined);
}

/**
 * The input fields of an UpdateCommand, or of an Update in a transaction, that describe the changes. The caller adds the
 * condition. Every attribute of the update is aliased as `#attribute`, because DynamoDB reserves many words
 * (`status`, `ttl`, `url`). The condition may use these aliases.
 */
export function updateExpression(update: ItemUpdate, condition: ConditionPlaceholders = {}): UpdateInput {
  const { setIfAbsent = {}, setOrRemove = {}, add = {} } = update;
  const set = [...definedEntries(update.set ?? {}), ...definedEntries(setOrRemove)];
  const remove = [
    ...(update.remove ?? []),
    ...Object.keys(setOrRemove).filter((attribute) => setOrRemove[attribute] === undefined),
  ];
  const clauses = {
    SET: [
      ...set.map(([attribute]) => `${namePlaceholder(attribute)} = ${valuePlaceholder(attribute)}`),
      ...Object.keys(setIfAbsent).map((attribute) => {
        const name = namePlaceholder(attribute);
        return `${name} = if_not_exists(${name}, ${valuePlaceholder(attribute)})`;
      }),
    ],
    ADD: Object.keys(add).map((attribute) => `${namePlaceholder(attribute)} ${valuePlaceholder(attribute)}`),
    REMOVE: remove.map(namePlaceholder),
  };
  const written = [...set, ...Object.entries(setIfAbsent), ...Object.entries(add)];
  const names = [...written.map(([attribute]) => attribute), ...remove, ...(condition.names ?? [])];
  const values = [
    ...written.map(([attribute, value]) => [valuePlaceholder(attribute), value]),
    ...Object.entries(condition.values ?? {}).map(([name, value]) => [`:${name}`, value]),
  ];
  return {
    UpdateExpression: Object.entries(clauses)
      .filter(([, parts]) => parts.length > 0)
      .map(([clause, parts]) => `${clause} ${parts.join(', ')}`)
      .join(' '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [namePlaceholder(name), name])),
    ...(values.length > 0 && { ExpressionAttributeValues: Object.fromEntries(values) }),
  };
}
