/** Groups the records of a batch into transactions. */
import { COUNTERS_PER_TRANSACTION, type CounterIncrement } from '../store/counter-writes.ts';
import { slotAttributes } from '../store/domain-slots.ts';
import { KIND, dimensionCountersSort, type Key } from '../store/keys.ts';
import type { Additions } from './additions.ts';
import type { NamedValues, ValueAddition } from './named-values.ts';

/** A record of the stream, after reading. */
export interface ReadRecord {
  readonly sequence: string;
  /** The keys of the row, for an operator. */
  readonly keys: unknown;
  readonly additions: Additions;
}

export type NonEmpty<T> = readonly [T, ...T[]];

/** Consecutive records that one transaction counts. */
export interface Part {
  readonly records: NonEmpty<ReadRecord>;
  /** Empty if statistics exclude every record of the part. The checkpoint is still written. */
  readonly increments: readonly CounterIncrement[];
}

/** The part of one addition that concerns one row of counters. */
interface RowAddition extends Pick<CounterIncrement, 'kind' | 'key' | 'ttl' | 'isNewValue'> {
  /** The counters that increase by 1. */
  readonly names: readonly string[];
  readonly newValue?: string;
  readonly newDomain?: { readonly slot: number; readonly domain: string };
}

function rowIdOf({ key }: { readonly key: Key }): string {
  return `${key.pk}\n${key.sk}`;
}

function valueRows(addition: ValueAddition, names: NamedValues): readonly RowAddition[] {
  const { interval, ttl, domain } = addition;
  const { value, isNew, slot } = names.placeOf(addition);
  const row = (of: string | undefined) => ({
    kind: KIND.dimensionCounters,
    key: { pk: interval.pk, sk: dimensionCountersSort(interval.start, of) },
    ttl,
  });
  if (value !== undefined) {
    const counted = { ...row(value), names: addition.names, isNewValue: isNew };
    // The row of `other` limits the number of named values.
    return isNew ? [counted, { ...row(undefined), names: [], newValue: value }] : [counted];
  }
  if (!slot || !domain) return [{ ...row(undefined), names: addition.names }];
  return [
    {
      ...row(undefined),
      names: [...addition.names, slotAttributes(slot.number)[domain.counter]],
      ...(slot.isNew && { newDomain: { slot: slot.number, domain: domain.name } }),
    },
  ];
}

function rowsOf({ additions }: ReadRecord, names: NamedValues): readonly RowAddition[] {
  return [
    ...additions.plain.map((addition) => ({ kind: KIND.counters, ...addition })),
    ...additions.byValue.flatMap((addition) => valueRows(addition, names)),
  ];
}

/** The additions to one row as one write. */
function toIncrement(additions: NonEmpty<RowAddition>): CounterIncrement {
  const [{ kind, key }] = additions;
  const counts: Record<string, number> = {};
  for (const { names } of additions) for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  const newValues = new Set(additions.flatMap(({ newValue }) => newValue ?? [])).size;
  const newDomains = new Map(
    additions.flatMap(({ newDomain }) => (newDomain ? [[newDomain.slot, newDomain]] : [])),
  );
  return {
    kind,
    key,
    ttl: Math.max(...additions.map(({ ttl }) => ttl)),
    counts,
    ...(additions.some(({ isNewValue }) => isNewValue === true) && { isNewValue: true }),
    ...(newValues > 0 && { newValues }),
    ...(newDomains.size > 0 && { newDomains: [...newDomains.values()] }),
  };
}

/** The first records of a batch: as many as one transaction can count. */
export function firstPart(records: NonEmpty<ReadRecord>, names: NamedValues): Part {
  const byRow = new Map<string, RowAddition[]>();
  let count = 0;
  for (const record of records) {
    const rows = rowsOf(record, names);
    const newIds = new Set(rows.map(rowIdOf).filter((id) => !byRow.has(id)));
    if (count > 0 && byRow.size + newIds.size > COUNTERS_PER_TRANSACTION) break;
    for (const row of rows) {
      const group = byRow.get(rowIdOf(row));
      if (group) group.push(row);
      else byRow.set(rowIdOf(row), [row]);
    }
    count += 1;
  }
  const [first, ...rest] = records;
  // A group has at least one member.
  const groups = [...byRow.values()] as unknown as NonEmpty<RowAddition>[];
  return { records: [first, ...rest.slice(0, count - 1)], increments: groups.map(toIncrement) };
}
