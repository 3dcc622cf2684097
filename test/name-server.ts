import { onTestFinished } from 'vitest';
import { startNameServer, type NameServer, type SelectDnsResponse } from '../sim/name-server.ts';

/** Starts a name server for the duration of one test. */
export async function nameServer(selectResponse: SelectDnsResponse): Promise<NameServer> {
  const server = await startNameServer(selectResponse);
  onTestFinished(() => server.close());
  return server;
}
