/**
 * Decides which values of a dimension have a row of their own, and which recipient domains have a slot in the row of `other`
 * providers (docs/adr/0038-counters-by-dimension.md). The number of both is limited, so a sender cannot create rows without limit.
 */
import { NAMED_VALUES_MAX, readNamedValues, type DimensionInterval } from '../store/dimension-counters.ts';
import { DOMAIN_SLOTS } from '../store/domain-slots.ts';
import type { Table } from '../store/table.ts';

/** The counters that one event adds to one value of a dimension, in one interval. */
export interface ValueAddition {
  readonly interval: DimensionInterval;
  /** Epoch seconds. */
  readonly ttl: number;
  /** Undefined if the event counts under `other`. */
  readonly value: string | undefined;
  /** The counters that increase by 1. */
  readonly names: readonly string[];
  /** The recipient domain, only of an email to a provider without a name, if its slot counts this event. */
  readonly domain?: { readonly name: string; readonly counter: 'sent' | 'bounced' };
}

/** The intervals that a container remembers. Each has up to 200 values. So the cache takes less than 20 MB. */
const INTERVALS_KEPT = 500;
/** The intervals that are read at the same time. */
const READS_AT_ONCE = 50;

/** What is known of one interval. Rows of values and slots of domains are never removed, so all of it stays true. */
interface Known {
  readonly values: Set<string>;
  /** The slots by domain. */
  readonly domains: Map<string, number>;
  /** The number of values that can still get a row. */
  room: number;
}

function intervalId({ pk, start }: DimensionInterval): string {
  return `${pk}\n${start}`;
}

/** The keys of a map, the most frequent first. */
function byFrequency(items: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return [...counts].toSorted(([, left], [, right]) => right - left).map(([item]) => item);
}

function newValues(known: Known, additions: readonly ValueAddition[]): readonly string[] {
  return additions.flatMap(({ value }) => (value === undefined || known.values.has(value) ? [] : [value]));
}

function newDomains(known: Known, additions: readonly ValueAddition[]): readonly string[] {
  return additions.flatMap(({ domain }) =>
    domain === undefined || known.domains.has(domain.name) ? [] : [domain.name],
  );
}

/** Where the counters of an addition are stored. */
export interface Place {
  /** Undefined for the row of `other`. */
  readonly value: string | undefined;
  /** Whether this addition creates the row of the value. */
  readonly isNew: boolean;
  readonly slot?: { readonly number: number; readonly isNew: boolean };
}

/** The named values that a container knows. It lives as long as the container, so that a batch rarely needs a read. */
export class NamedValues {
  private readonly known = new Map<string, Known>();
  /** The values that get a row in this batch, by interval. */
  private readonly chosenValues = new Map<string, ReadonlySet<string>>();
  private readonly chosenDomains = new Map<string, ReadonlyMap<string, number>>();
  /** The additions of the batch, by interval. */
  private batch: ReadonlyMap<string, readonly ValueAddition[]> = new Map();

  /**
   * Chooses the values of a batch that get a row: as many as there is room for, the most frequent first. Reads an interval only if it is
   * not known or if the batch has a value that is not known, and not at all if the interval has no room.
   */
  async choose(table: Table, additions: readonly ValueAddition[]): Promise<void> {
    this.chosenValues.clear();
    this.chosenDomains.clear();
    this.batch = Map.groupBy(additions, ({ interval }) => intervalId(interval));
    const unread = [...this.batch].filter(([id, group]) => this.mustRead(this.known.get(id), group));
    await this.readAll(table, unread);
    for (const [id, group] of this.batch) this.chooseIn(id, group);
    this.forgetExcept(new Set(this.batch.keys()));
  }

  /**
   * Reads the intervals of these additions again, and chooses their values again, because another container took a place. The other
   * intervals of the batch keep their values. So a race in one workspace costs the other workspaces of the batch no read.
   */
  async chooseAgain(table: Table, additions: readonly ValueAddition[]): Promise<void> {
    const ids = new Set(additions.map(({ interval }) => intervalId(interval)));
    const groups = [...this.batch].filter(([id]) => ids.has(id));
    await this.readAll(table, groups);
    for (const [id, group] of groups) this.chooseIn(id, group);
  }

  /** Sequential parts: a batch can contain late events of thousands of intervals. */
  private async readAll(
    table: Table,
    groups: readonly (readonly [id: string, group: readonly ValueAddition[]])[],
  ): Promise<void> {
    const intervals = groups.flatMap(([id, group]) =>
      group.slice(0, 1).map(({ interval }) => ({ id, interval })),
    );
    for (let first = 0; first < intervals.length; first += READS_AT_ONCE) {
      const part = intervals.slice(first, first + READS_AT_ONCE);
      await Promise.all(part.map(({ id, interval }) => this.read(table, id, interval)));
    }
  }

  /** Forgets the intervals that were read first, if there are too many. */
  private forgetExcept(needed: ReadonlySet<string>): void {
    const others = [...this.known.keys()].filter((id) => !needed.has(id));
    for (const id of others.slice(0, Math.max(0, this.known.size - INTERVALS_KEPT))) this.known.delete(id);
  }

  private mustRead(known: Known | undefined, additions: readonly ValueAddition[]): boolean {
    if (known === undefined) return true;
    return (
      (known.room > 0 && newValues(known, additions).length > 0) ||
      (known.domains.size < DOMAIN_SLOTS && newDomains(known, additions).length > 0)
    );
  }

  private async read(table: Table, id: string, interval: DimensionInterval): Promise<void> {
    const { values, domains, named } = await readNamedValues(table, interval);
    this.known.delete(id);
    this.known.set(id, {
      values: new Set(values),
      domains: new Map(domains),
      room: Math.max(0, NAMED_VALUES_MAX - named),
    });
  }

  private chooseIn(id: string, additions: readonly ValueAddition[]): void {
    const known = this.known.get(id);
    if (!known) return;
    this.chosenValues.set(id, new Set(byFrequency(newValues(known, additions)).slice(0, known.room)));
    const used = new Set(known.domains.values());
    const free = Array.from({ length: DOMAIN_SLOTS }, (_, slot) => slot).filter((slot) => !used.has(slot));
    const domains = byFrequency(newDomains(known, additions)).slice(0, free.length);
    this.chosenDomains.set(id, new Map(domains.map((domain, index) => [domain, free[index] ?? 0])));
  }

  placeOf({ interval, value, domain }: ValueAddition): Place {
    const id = intervalId(interval);
    const known = this.known.get(id);
    const isKnown = value !== undefined && known?.values.has(value) === true;
    const isNew = value !== undefined && !isKnown && this.chosenValues.get(id)?.has(value) === true;
    const knownSlot = domain && known?.domains.get(domain.name);
    const slot = knownSlot ?? (domain && this.chosenDomains.get(id)?.get(domain.name));
    return {
      value: isKnown || isNew ? value : undefined,
      isNew,
      ...(slot !== undefined && { slot: { number: slot, isNew: knownSlot === undefined } }),
    };
  }

  /** Remembers the rows and slots that these additions created. */
  stored(additions: readonly ValueAddition[]): void {
    for (const addition of additions) {
      const known = this.known.get(intervalId(addition.interval));
      const { value, isNew, slot } = this.placeOf(addition);
      if (!known) continue;
      if (isNew && value !== undefined) {
        known.values.add(value);
        known.room -= 1;
      }
      if (slot?.isNew === true && addition.domain) known.domains.set(addition.domain.name, slot.number);
    }
  }
}
