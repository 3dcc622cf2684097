import { lookup as systemLookup } from 'node:dns';
import { Socket, isIP, type LookupFunction, type TcpNetConnectOpts } from 'node:net';

/** Why a connection that may be made is not made: nothing that a test sends may leave the machine. */
export class NotConnected extends Error {
  readonly code = 'NOT_CONNECTED';

  constructor(addresses: readonly string[]) {
    super(addresses.join(' '));
  }
}

export interface Connections {
  /** How many the sender was about to make to approved addresses, all of them. */
  readonly approved: () => number;
  /** The other addresses, which were connected to. */
  readonly unapproved: readonly string[];
  readonly stop: () => void;
}

type Approve = (address: string) => boolean;

/** What was looked up goes on to the socket if it may not: a guard that fails does reach what it should keep from. */
function sifted(lookup: LookupFunction, approve: Approve, onApproved: () => void): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, found) => {
      if (error) return callback(error, []);
      if (!Array.isArray(found)) throw new Error('A socket asked for one address only');
      const unapproved = found.filter(({ address }) => !approve(address));
      if (unapproved.length > 0) return callback(null, unapproved);
      onApproved();
      callback(new NotConnected(found.map(({ address }) => address)), []);
    });
  };
}

/** Stands where every socket of this process connects: sees each address, and lets through only what it should never see. */
export function watchConnections(approve: Approve): Connections {
  const unapproved: string[] = [];
  let approved = 0;
  const onApproved = () => {
    approved += 1;
  };
  const literal: LookupFunction = (address, _options, callback) =>
    callback(null, [{ address, family: isIP(address) }]);
  // oxlint-disable-next-line typescript/unbound-method -- called on its socket below, and put back
  const { connect } = Socket.prototype;

  function watched(this: Socket, ...args: unknown[]): Socket {
    const [options] = [args[0]].flat() as [TcpNetConnectOpts];
    const { host = 'localhost' } = options;
    this.on('connectionAttempt', (address: string) => unapproved.push(address));
    if (isIP(host) === 0) {
      options.lookup = sifted(options.lookup ?? systemLookup, approve, onApproved);
    } else if (approve(host)) {
      // Node looks up no literal address: it is made a name, so that it, too, can end here.
      options.host = 'literal.invalid';
      options.lookup = (_name, given, callback) =>
        sifted(literal, approve, onApproved)(host, given, callback);
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
