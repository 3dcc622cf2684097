/**
 * Leaves out each condition, and each part of it, and runs the behaviors again. At least one behavior must fail. If none
 * fails, the part is not tested or not needed.
 */
import { describe, expect, it } from 'vitest';
import { simulatedTable } from '../../../sim/table.ts';
import { BEHAVIORS } from './behaviors/index.ts';
import type { Behavior } from './behaviors/behavior.ts';
import { onConditions, type Sent } from './conditional-writes.ts';
import { conditionSites } from './sites.ts';
import { changesOf, type Change } from './weaken.ts';

const FOUND = conditionSites();
const SITES = new Set(FOUND);

const nameOf = ({ site, item, text }: Sent): string => `${site}, write ${item}: ${text}`;

/** Every condition that a behavior sends, with the behaviors that send it. */
async function sentConditions(): Promise<ReadonlyMap<string, Sent & { readonly by: readonly Behavior[] }>> {
  const sent = new Map<string, Sent & { readonly by: readonly Behavior[] }>();
  for (const behavior of BEHAVIORS) {
    const table = simulatedTable();
    onConditions(table, SITES, (each) => {
      const known = sent.get(nameOf(each))?.by ?? [];
      sent.set(nameOf(each), { ...each, by: [...new Set([...known, behavior])] });
      return each.text;
    });
    await behavior.run(table);
  }
  return sent;
}

async function isNoticed(sent: Sent, change: Change, { run }: Behavior): Promise<boolean> {
  const table = simulatedTable();
  onConditions(table, SITES, (each) => (nameOf(each) === nameOf(sent) ? change.text : each.text));
  try {
    await run(table);
    return false;
  } catch (error) {
    // A ValidationException only shows that the changed condition is invalid.
    if ((error as Error).name === 'ValidationException') throw error;
    return true;
  }
}

const SENT = await sentConditions();
const CHANGES = [...SENT.values()].flatMap((sent) =>
  changesOf(sent.text).map((change) => [`${nameOf(sent)}: ${change.description}`, sent, change] as const),
);

describe('every function of the product that writes with a condition', () => {
  it('has exactly one condition, so that its name identifies the condition', () => {
    expect(FOUND.filter((site, index) => FOUND.indexOf(site) !== index)).toEqual([]);
  });

  it.each(FOUND)('is called by a behavior: %s', (site) => {
    expect([...SENT.values()].map((sent) => sent.site)).toContain(site);
  });
});

describe('a behavior fails for', () => {
  it.each(CHANGES)('%s', async (_name, sent, change) => {
    const noticed = await Promise.all(sent.by.map((behavior) => isNoticed(sent, change, behavior)));
    expect(noticed).toContain(true);
  });
});
