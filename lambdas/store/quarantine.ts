import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { deterministicId } from '../core/ids.ts';
import { expiresAtSeconds, formatTimestamp } from '../core/timestamps.ts';
import type { Retention } from './event-rows.ts';
import { KIND, quarantineKey } from './keys.ts';
import type { Row } from './table.ts';

export interface QuarantinedMessage {
  /** The SQS id of the message. It stays the same when SQS delivers the message again. */
  readonly messageId: string;
  readonly body: string;
  /** A stable name in snake_case. */
  readonly reason: string;
  readonly detail: string;
}

const DETAIL_LENGTH = 500;

/** The row of a message that could not be read or stored. It contains the whole message, so that an operator can redrive it. */
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

/** The quarantined message, byte for byte. */
export function quarantinedBody(row: Row): string {
  return inflateRawSync(row['raw'] as Uint8Array).toString('utf8');
}
