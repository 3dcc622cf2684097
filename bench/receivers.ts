import { startServer, type LocalServer } from '../local/http.ts';

/** `hangs`: never responds. */
export type ReceiverBehavior = 'accepts' | 'fails' | 'hangs';

export interface Receivers extends LocalServer {
  /** The URL of a webhook receiver. The last part of the path is its name. */
  urlOf(name: string, behavior: ReceiverBehavior): string;
  /** How many webhooks a receiver got, without repeated ones. */
  received(name: string): number;
  /** How many requests all receivers got. */
  requests(): number;
}

/** Starts webhook receivers on loopback. Unlike the inbox, they verify no signature and store no request. */
export async function startReceivers(): Promise<Receivers> {
  const ids = new Map<string, Set<string>>();
  let requests = 0;
  const server = await startServer(async (request, response) => {
    const [, behavior, name = ''] = (request.url ?? '').split('/');
    const known = ids.get(name) ?? new Set();
    ids.set(name, known.add(String(request.headers['webhook-id'])));
    requests += 1;
    request.resume();
    if (behavior === 'hangs') return;
    response.writeHead(behavior === 'fails' ? 500 : 200).end();
  });
  return {
    ...server,
    urlOf: (name, behavior) => `${server.url}/${behavior}/${name}`,
    received: (name) => ids.get(name)?.size ?? 0,
    requests: () => requests,
  };
}
