/**
 * The domains in the row of `other` providers: the row has 16 slots, each with the name of a domain and two counters. The names of the
 * attributes are short, so that the row stays near one write unit.
 */
import type { Row } from './table.ts';

export const DOMAIN_SLOTS = 16;

/** The counters of one recipient domain. They begin when the domain gets its slot. */
export interface DomainCounts {
  readonly domain: string;
  readonly sent: number;
  readonly bounced: number;
}

/** The attributes of a slot. */
export function slotAttributes(slot: number): {
  readonly domain: string;
  readonly sent: string;
  readonly bounced: string;
} {
  return { domain: `n${slot}`, sent: `s${slot}`, bounced: `b${slot}` };
}

/** The domains in a row, in the order of their slots. */
export function domainSlotsOf(row: Row): readonly (DomainCounts & { readonly slot: number })[] {
  return Array.from({ length: DOMAIN_SLOTS }, (_, slot) => slot).flatMap((slot) => {
    const names = slotAttributes(slot);
    const domain = row[names.domain];
    if (typeof domain !== 'string') return [];
    return [{ slot, domain, sent: Number(row[names.sent] ?? 0), bounced: Number(row[names.bounced] ?? 0) }];
  });
}
