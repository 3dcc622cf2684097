import { apiKeyRoutes } from './api-keys.ts';
import { dashboardRoutes } from './dashboard.ts';
import { deliveryRoutes } from './deliveries.ts';
import { probeRoutes } from './doctor-probes.ts';
import { messages } from './messages.ts';
import { recoveryRoutes } from './recoveries.ts';
import { reputationRoutes } from './reputation.ts';
import type { Route } from './route.ts';
import { logRoutes } from './send-logs.ts';
import { send } from './send.ts';
import { siteRoutes } from './site.ts';
import { statsRoutes } from './stats.ts';
import { suppressionRoutes } from './suppressions.ts';
import { webhookSecretRoutes } from './webhook-secrets.ts';
import { webhookTestRoutes } from './webhook-test.ts';
import { webhookRoutes } from './webhooks.ts';
import { workspaceRoutes } from './workspace.ts';

/** Every route of the API. */
export const ROUTES: readonly Route[] = [
  send,
  messages,
  ...logRoutes,
  ...webhookRoutes,
  ...webhookSecretRoutes,
  ...webhookTestRoutes,
  ...recoveryRoutes,
  ...statsRoutes,
  ...apiKeyRoutes,
  ...workspaceRoutes,
  ...siteRoutes,
  ...dashboardRoutes,
  ...probeRoutes,
  ...deliveryRoutes,
  ...suppressionRoutes,
  ...reputationRoutes,
];
