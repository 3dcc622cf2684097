import * as z from 'zod/mini';
import { bareAddress } from './common.ts';

/** A list brought along from elsewhere may say why; who adds an address by hand need not. */
const REASONS = ['manual', 'bounce', 'complaint', 'unsubscribed'] as const;

export const createSuppressionBody = z.strictObject({
  address: bareAddress,
  reason: z._default(z.enum(REASONS), 'manual'),
});
