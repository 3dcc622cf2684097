import type { Behavior } from './behavior.ts';
import { DELIVERIES } from './deliveries.ts';
import { ENDPOINTS } from './endpoints.ts';
import { FIRST_ATTEMPTS } from './first-attempts.ts';
import { LISTS } from './lists.ts';
import { NAMED_VALUES } from './named-values.ts';
import { PROGRESS } from './progress.ts';
import { REPUTATION } from './reputation.ts';
import { SENDS } from './sends.ts';
import { SLOTS } from './slots.ts';
import { TURNS } from './turns.ts';

export const BEHAVIORS: readonly Behavior[] = [
  ...LISTS,
  ...SENDS,
  ...ENDPOINTS,
  ...TURNS,
  ...SLOTS,
  ...FIRST_ATTEMPTS,
  ...DELIVERIES,
  ...PROGRESS,
  ...NAMED_VALUES,
  ...REPUTATION,
];
