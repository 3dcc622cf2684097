import { deliveryRoutes } from './deliveries.ts';
import type { Route } from './route.ts';
import { listLogs } from './send-logs.ts';
import { send } from './send.ts';
import { suppressionRoutes } from './suppressions.ts';
import { webhookRoutes } from './webhooks.ts';

/** Every route there is. */
export const ROUTES: readonly Route[] = [
  send,
  listLogs,
  ...webhookRoutes,
  ...deliveryRoutes,
  ...suppressionRoutes,
];
