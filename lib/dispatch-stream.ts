import { KIND } from '../lambdas/store/keys.ts';

/** The kinds of rows that dispatch reads from the table's stream. The model of a deployment uses the same list. */
export const DISPATCHED_KINDS = [KIND.event, KIND.command, KIND.reputationEvent] as const;
