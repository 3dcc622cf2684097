import { startServer, type LocalServer } from '../local/http.ts';

/** `hangs`: never responds. */
export type ReceiverBehavior = 'accepts' | 'fails' | 'hangs';

export interface Receivers extends LocalServer {
  /** The URL of a webhook receiver. The last part of the path is its name. */
  urlOf(name: string, behavior: ReceiverBehavior): string;
  /** How many webhooks a receiver got, without repeated ones. */
  received(name: string): number;
  /** The times of the requests for each webhook, in epoch milliseconds. */
  times(name: string): readonly (readonly number[])[];
  /** How many requests all receivers got. */
  requests(): number;
}

/** Starts webhook receivers on loopback. Unlike the inbox, they verify no signature and store no request. */
export async function startReceivers(): Promise<Receivers> {
  /** By receiver, and by webhook id. */
  const received = new Map<string, Map<string, number[]>>();
  let requests = 0;
  const server = await startServer(async (request, response) => {
    const [, behavior, name = ''] = (request.url ?? '').split('/');
    const byId = received.get(name) ?? new Map<string, number[]>();
    const id = String(request.headers['webhook-id']);
    received.set(name, byId.set(id, [...(byId.get(id) ?? []), Date.now()]));
    requests += 1;
    request.resume();
    if (behavior === 'hangs') return;
    response.writeHead(behavior === 'fails' ? 500 : 200).end();
  });
  return {
    ...server,
    urlOf: (name, behavior) => `${server.url}/${behavior}/${name}`,
    received: (name) => received.get(name)?.size ?? 0,
    times: (name) => [...(received.get(name)?.values() ?? [])],
    requests: () => requests,
  };
}
