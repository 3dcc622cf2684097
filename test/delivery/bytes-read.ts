/** How much is read of what a receiver sends, told by the socket itself: what is kept of it says nothing of that. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Published when a request has been given to its socket. https://nodejs.org/api/diagnostics_channel.html#http */
const STARTED = 'http.client.request.start';

/** 16 KiB, and the piece in which they are passed: node reads at most 64 KiB at once. The head is beside them. */
export const MOST_READ_BYTES = (16 + 64) * 1024;

/** Until the test ends, what the socket of the last request has read. */
export function watchBytesRead(): () => number {
  let socket: Socket | null = null;
  const hear = (message: unknown): void => {
    ({ socket } = (message as { readonly request: ClientRequest }).request);
  };
  subscribe(STARTED, hear);
  onTestFinished(() => {
    unsubscribe(STARTED, hear);
  });
  return () => {
    if (!socket) throw new Error('No request was seen');
    return socket.bytesRead;
  };
}
