import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { deterministicId } from '../core/ids.ts';
import { expiresAtSeconds, formatTimestamp } from '../core/timestamps.ts';
import type { Retention } from './event-rows.ts';
import { KIND, quarantineKey } from './keys.ts';
import type { Row } from './table.ts';

export interface QuarantinedMessage {
  /** SQS's id of the message: the same for each redelivery of it. */
  readonly messageId: string;
  readonly body: string;
  /** Stable, snake_case. */
  readonly reason: string;
  readonly detail: string;
}

const DETAIL_LENGTH = 500;

/** A message that could not be read, whole, for the operator to read and redrive. */
export function quarantineRow(message: QuarantinedMessage, retention: Retention): Row {
  const id = deterministicId('qtn', [message.messageId, message.body]);
  const receivedAt = formatTimestamp(retention.receivedAtMs);
  return {
    ...quarantineKey(receivedAt, id),
    kind: KIND.quarantine,
    id,
    reason: message.reason,
    detail: message.detail.slice(0, DETAIL_LENGTH).toWellFormed(),
    received_at: receivedAt,
    raw: deflateRawSync(message.body),
    ttl: expiresAtSeconds({ timestamp: receivedAt, ...retention }),
  };
}

/** The message as it came. */
export function quarantinedBody(row: Row): string {
  return inflateRawSync(row['raw'] as Uint8Array).toString('utf8');
}
