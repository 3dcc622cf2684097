import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type ClientRequest, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { assumed } from './assumptions.ts';
import { GB_BYTES, type Meter } from './meter.ts';

/** Node publishes to these channels when a client starts a request, and when it has received the response. */
const STARTED = 'http.client.request.start';
const RESPONDED = 'http.client.response.finish';
/** If so many turns of the event loop pass without a new request, the sender waits for responses. */
const QUIET_TURNS = 100;

interface HeldRequest {
  readonly webhookId: string;
  readonly response: ServerResponse;
}

/**
 * A webhook receiver. Each response takes the assumed time. Requests that are in flight at the same time wait at the same
 * time: the receiver holds every request until the sender starts no more, advances the clock once, and then responds to all
 * of them. So the time that an invocation waits follows from the number of requests that it really has in flight.
 */
export class Receiver {
  received = 0;
  /** The highest number of requests that were in flight at the same time. */
  mostInFlight = 0;
  /** Decides whether a request fails. `previous` is the number of earlier requests with this webhook id. */
  shouldFail: (webhook: { readonly index: number; readonly previous: number }) => boolean = () => false;
  private readonly held: HeldRequest[] = [];
  /** By webhook id, in the order of the first request. */
  private readonly requests = new Map<string, { readonly index: number; count: number }>();
  private readonly inTransit = { requests: 0, responses: 0 };
  private quietTurns = 0;
  private port = 0;
  private readonly server = createServer((request, response) => {
    const { headers, rawHeaders } = request;
    // The request line, each header with its separator and line break, and the body.
    const headerBytes = rawHeaders.reduce((sum, text) => sum + Buffer.byteLength(text) + 2, 0);
    const bytes = 'POST /hook HTTP/1.1\r\n\r\n'.length + headerBytes + Number(headers['content-length']);
    this.meter.count('egress', (bytes + assumed('tlsBytes')) / GB_BYTES);
    request.resume().on('end', () => this.hold({ webhookId: String(headers['webhook-id']), response }));
  });

  constructor(private readonly meter: Meter) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    subscribe(STARTED, this.onStarted);
    subscribe(RESPONDED, this.onResponded);
  }

  stop(): void {
    unsubscribe(STARTED, this.onStarted);
    unsubscribe(RESPONDED, this.onResponded);
    this.server.close();
    this.server.closeAllConnections();
  }

  private readonly onStarted = (message: unknown): void => {
    if (this.isMine(message)) this.move('requests', 1);
  };

  private readonly onResponded = (message: unknown): void => {
    if (this.isMine(message)) this.move('responses', -1);
  };

  private isMine(message: unknown): boolean {
    const { request } = message as { readonly request: ClientRequest };
    return request.getHeader('host') === `127.0.0.1:${this.port}`;
  }

  private move(kind: 'requests' | 'responses', change: 1 | -1): void {
    this.inTransit[kind] += change;
    this.quietTurns = 0;
  }

  private hold(request: HeldRequest): void {
    this.received += 1;
    this.move('requests', -1);
    this.held.push(request);
    if (this.held.length === 1) setImmediate(this.respondWhenQuiet);
  }

  private readonly respondWhenQuiet = (): void => {
    const { requests, responses } = this.inTransit;
    this.quietTurns += 1;
    if (requests > 0 || responses > 0 || this.quietTurns < QUIET_TURNS) setImmediate(this.respondWhenQuiet);
    else this.respond();
  };

  private respond(): void {
    this.mostInFlight = Math.max(this.mostInFlight, this.held.length);
    this.meter.nowMs += assumed('receiverMs');
    for (const { webhookId, response } of this.held.splice(0)) {
      const known = this.requests.get(webhookId) ?? { index: this.requests.size, count: 0 };
      const fails = this.shouldFail({ index: known.index, previous: known.count });
      known.count += 1;
      this.requests.set(webhookId, known);
      this.move('responses', 1);
      response.writeHead(fails ? 500 : 200).end('ok');
    }
  }
}
