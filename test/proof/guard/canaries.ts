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
  /** Connects to each once, and counts what came before: they take connections in the order of their coming. */
  readonly countConnections: () => Promise<number>;
  readonly close: () => void;
}

async function listenOn(host: string): Promise<Canary & { readonly server: Server }> {
  let connections = 0;
  // Whoever comes has already lost: no TLS is needed to count a connection.
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    socket.destroy();
  });
  server.listen(0, host);
  await once(server, 'listening');
  return { host, port: (server.address() as AddressInfo).port, connections: () => connections, server };
}

async function knock({ host, port }: Canary): Promise<void> {
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

/** Listeners that nobody may reach, two on each loopback address that this machine has. */
export async function startCanaries(): Promise<Canaries> {
  const hosts = loopbacks();
  const all = await Promise.all([...hosts, ...hosts].map(listenOn));
  let knocks = 0;
  return {
    all,
    async countConnections() {
      await Promise.all(all.map(knock));
      knocks += all.length;
      return all.reduce((sum, { connections }) => sum + connections(), -knocks);
    },
    close() {
      for (const { server } of all) server.close();
    },
  };
}
