/** Measures how many bytes a sender reads from its socket. The excerpt of a response does not show that. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Node publishes a message on this channel when a request gets its socket. https://nodejs.org/api/diagnostics_channel.html#http */
const REQUEST_START = 'http.client.request.start';

/** 16 KiB plus the last chunk, because Node reads up to 64 KiB at once. The head of the response is not included. */
export const MOST_READ_BYTES = (16 + 64) * 1024;

/** Returns a function for the number of bytes that the socket of the last request has read. Works until the test ends. */
export function watchBytesRead(): () => number {
  let socket: Socket | null = null;
  const onRequest = (message: unknown): void => {
    ({ socket } = (message as { readonly request: ClientRequest }).request);
  };
  subscribe(REQUEST_START, onRequest);
  onTestFinished(() => {
    unsubscribe(REQUEST_START, onRequest);
  });
  return () => {
    if (!socket) throw new Error('No request was sent');
    return socket.bytesRead;
  };
}
