/** A DNS name server on loopback that returns the records a test sets. RFC 1035, section 4.1. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const RCODES = { SERVFAIL: 2, NXDOMAIN: 3, NODATA: 0 } as const;
const TYPES: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' };
const CNAME_TYPE = 5;
const INTERNET_CLASS = 1;
/** The type of a question is the last but one of its 16-bit fields. */
const TYPE_OFFSET_FROM_END = 4;
/** The flags of a response: QR (response), RD and RA (recursion desired and available). */
const RESPONSE_FLAGS = 0x8180;
/** A pointer to the name in the question, which begins after the header of 12 bytes. */
const QUESTION_NAME = Buffer.from([0xc0, 0x0c]);

/** A chain of CNAME records from the name in the question. `address` belongs to the last alias. */
export interface Aliases {
  readonly aliases: readonly string[];
  readonly address?: Buffer;
}

/** An address of 4 or 16 bytes, a chain of aliases, the code of a response without records, or no response at all. */
export type DnsResponse = Buffer | Aliases | keyof typeof RCODES | 'nothing';

/** Selects the response to a query, by its type and the number of earlier queries of this type. */
export type SelectDnsResponse = (type: 'A' | 'AAAA', earlierQueries: number) => DnsResponse;

export interface NameServer {
  /** IP address and port. */
  readonly address: string;
  /** The number of queries so far. */
  readonly queries: Readonly<Record<'A' | 'AAAA', number>>;
  close(): void;
}

/** The 4 or 16 bytes of an address. */
export function bytesOf(...numbers: readonly number[]): Buffer {
  return Buffer.from(numbers);
}

function encodeName(name: string): Buffer {
  const labels = [...name.split('.'), ''].map((label) => Buffer.from(label));
  return Buffer.concat(labels.flatMap((label) => [Buffer.from([label.length]), label]));
}

/** A resource record with a time to live of 0. */
function encodeRecord(owner: Buffer, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(INTERNET_CLASS, 2);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}

function encodeResponse(query: Buffer, response: Exclude<DnsResponse, 'nothing'>): Buffer {
  const head = Buffer.from(query);
  head.writeUInt16BE(RESPONSE_FLAGS | (typeof response === 'string' ? RCODES[response] : 0), 2);
  if (typeof response === 'string') return head;
  const { aliases, address }: Aliases = Buffer.isBuffer(response)
    ? { aliases: [], address: response }
    : response;
  const owners = [QUESTION_NAME, ...aliases.map(encodeName)];
  const records = aliases.map((alias, index) =>
    encodeRecord(owners[index] ?? QUESTION_NAME, CNAME_TYPE, encodeName(alias)),
  );
  const type = query.readUInt16BE(query.length - TYPE_OFFSET_FROM_END);
  if (address) records.push(encodeRecord(owners.at(-1) ?? QUESTION_NAME, type, address));
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, ...records]);
}

export async function startNameServer(selectResponse: SelectDnsResponse): Promise<NameServer> {
  const socket = createSocket('udp4');
  const queries = { A: 0, AAAA: 0 };
  socket.on('message', (query, from) => {
    const type = TYPES[query.readUInt16BE(query.length - TYPE_OFFSET_FROM_END)] ?? 'A';
    const response = selectResponse(type, queries[type]);
    queries[type] += 1;
    if (response !== 'nothing') socket.send(encodeResponse(query, response), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    queries,
    close: () => void socket.close(),
  };
}
