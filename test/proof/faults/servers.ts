/** TCP servers that act as receivers. They are closed after each test. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach } from 'vitest';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

export interface TestServer {
  readonly port: number;
  readonly connections: () => number;
}

export async function listen(server: Server): Promise<TestServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket.on('error', () => {}));
  });
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

/** A server that calls `respond` with the first bytes of each connection. `respond` writes to the socket directly. */
export function rawServer(respond: (socket: Socket, request: string) => void): Promise<TestServer> {
  return listen(createServer((socket) => socket.once('data', (data) => respond(socket, data.toString()))));
}

/** Writes `text` again and again, as fast as the client reads it, until the connection is closed. */
export function writeForever(socket: Socket, text: string | Buffer): void {
  if (!socket.destroyed) socket.write(text, () => setImmediate(() => writeForever(socket, text)));
}
