/** Receivers below HTTP, for as long as a test lasts. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach } from 'vitest';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
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
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

/** Says what the test has it say, once a request has come. */
export function raw(answer: (socket: Socket, request: string) => void): Promise<TestServer> {
  return listen(createServer((socket) => socket.once('data', (data) => answer(socket, data.toString()))));
}

/** Writes for ever, as fast as it is read, until the other side has gone. */
export function pour(socket: Socket, text: string | Buffer): void {
  if (!socket.destroyed) socket.write(text, () => setImmediate(() => pour(socket, text)));
}
