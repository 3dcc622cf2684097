import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';

export interface Canary {
  readonly host: string;
  readonly port: number;
  readonly connections: () => number;
}

export interface Canaries {
  readonly all: readonly Canary[];
  /**
   * The number of earlier connections to all canaries. To count them, it connects to each canary once: a server accepts connections in
   * their order, so every earlier one has been counted by then.
   */
  readonly countConnections: () => Promise<number>;
  readonly close: () => void;
}

async function listenOn(host: string): Promise<Canary & { readonly server: Server }> {
  let connections = 0;
  // The guard has already failed when a connection arrives. Counting it needs no TLS.
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    socket.destroy();
  });
  server.listen(0, host);
  await once(server, 'listening');
  return { host, port: (server.address() as AddressInfo).port, connections: () => connections, server };
}

async function connectOnce({ host, port }: Canary): Promise<void> {
  const socket = connect({ host, port });
  socket.on('error', () => {});
  await once(socket, 'close');
}

function loopbacks(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap(
    (all) => all?.map(({ address }) => address) ?? [],
  );
  return ['127.0.0.1', '::1'].filter((address) => addresses.includes(address));
}

/** Starts listeners that no send may reach, two on each loopback address of this machine. */
export async function startCanaries(): Promise<Canaries> {
  const hosts = loopbacks();
  const all = await Promise.all([...hosts, ...hosts].map(listenOn));
  let ownConnections = 0;
  return {
    all,
    async countConnections() {
      await Promise.all(all.map(connectOnce));
      ownConnections += all.length;
      return all.reduce((sum, { connections }) => sum + connections(), -ownConnections);
    },
    close() {
      for (const { server } of all) server.close();
    },
  };
}
