import { lookup as systemLookup } from 'node:dns';
import { Socket, isIP, type LookupFunction, type TcpNetConnectOpts } from 'node:net';

/** The error of every approved connection. No request of a test may leave the machine. */
export class NotConnected extends Error {
  readonly code = 'NOT_CONNECTED';

  constructor(addresses: readonly string[]) {
    super(addresses.join(' '));
  }
}

export interface Connections {
  /** The number of connections to approved addresses that the sender was about to make. None of them is made. */
  readonly approved: () => number;
  /** The addresses that are not approved and that the sender did connect to. */
  readonly unapproved: readonly string[];
  readonly stop: () => void;
}

type Approve = (address: string) => boolean;

/**
 * Returns only addresses that are not approved to the socket. So a broken guard really connects to them, and the canaries and
 * `unapproved` record it.
 */
function filterLookup(lookup: LookupFunction, approve: Approve, onApproved: () => void): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, found) => {
      if (error) return callback(error, []);
      if (!Array.isArray(found)) throw new Error('A socket requested a single address');
      const unapproved = found.filter(({ address }) => !approve(address));
      if (unapproved.length > 0) return callback(null, unapproved);
      onApproved();
      callback(new NotConnected(found.map(({ address }) => address)), []);
    });
  };
}

/** Wraps `connect` of every socket in this process, records each address, and lets only connections through that are not approved. */
export function watchConnections(approve: Approve): Connections {
  const unapproved: string[] = [];
  let approved = 0;
  const onApproved = () => {
    approved += 1;
  };
  const literal: LookupFunction = (address, _options, callback) =>
    callback(null, [{ address, family: isIP(address) }]);
  // oxlint-disable-next-line typescript/unbound-method -- called on its socket below, and restored by `stop`
  const { connect } = Socket.prototype;

  function watched(this: Socket, ...args: unknown[]): Socket {
    const [options] = [args[0]].flat() as [TcpNetConnectOpts];
    const { host = 'localhost' } = options;
    this.on('connectionAttempt', (address: string) => unapproved.push(address));
    if (isIP(host) === 0) {
      options.lookup = filterLookup(options.lookup ?? systemLookup, approve, onApproved);
    } else if (approve(host)) {
      // Node does not look up a literal address. A host name in its place makes Node call the lookup, which stops the connection.
      options.host = 'literal.invalid';
      options.lookup = (_name, lookupOptions, callback) =>
        filterLookup(literal, approve, onApproved)(host, lookupOptions, callback);
    }
    return connect.apply(this, args as Parameters<Socket['connect']>);
  }
  Socket.prototype.connect = watched;
  return {
    approved: () => approved,
    unapproved,
    stop() {
      Socket.prototype.connect = connect;
    },
  };
}
