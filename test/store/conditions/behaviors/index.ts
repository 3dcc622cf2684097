import type { Behavior } from './behavior.ts';
import { DELIVERIES } from './deliveries.ts';
import { ENDPOINTS } from './endpoints.ts';
import { LISTS } from './lists.ts';
import { PROGRESS } from './progress.ts';
import { SENDS } from './sends.ts';

export const BEHAVIORS: readonly Behavior[] = [...LISTS, ...SENDS, ...ENDPOINTS, ...DELIVERIES, ...PROGRESS];
