/** A name server on loopback for one test: it says what the test has it say. RFC 1035, 4.1. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

const RCODES = { SERVFAIL: 2, NXDOMAIN: 3, NODATA: 0 } as const;
const TYPES: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' };
const CNAME = 5;
const INTERNET = 1;
const TYPE_AT_END = 4;
/** The name of the question, wherever it is. */
const ASKED = Buffer.from([0xc0, 0x0c]);

/** Another name for the one that was asked for, another for that one, and so on; of the last one the address, if any. */
export interface Aliases {
  readonly aliases: readonly string[];
  readonly address?: Buffer;
}

/** An address as it goes over the wire, `nothing` for no answer at all, or the code of one without an address. */
export type DnsAnswer = Buffer | Aliases | keyof typeof RCODES | 'nothing';

/** 4 or 16 bytes. */
export function bytesOf(...numbers: readonly number[]): Buffer {
  return Buffer.from(numbers);
}

function wireName(name: string): Buffer {
  const labels = [...name.split('.'), ''].map((label) => Buffer.from(label));
  return Buffer.concat(labels.flatMap((label) => [Buffer.from([label.length]), label]));
}

/** No time to live. */
function record(owner: Buffer, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(INTERNET, 2);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}

function reply(query: Buffer, answer: Exclude<DnsAnswer, 'nothing'>): Buffer {
  const head = Buffer.from(query);
  head.writeUInt16BE(0x8180 | (typeof answer === 'string' ? RCODES[answer] : 0), 2);
  if (typeof answer === 'string') return head;
  const { aliases, address }: Aliases = Buffer.isBuffer(answer) ? { aliases: [], address: answer } : answer;
  const owners = [ASKED, ...aliases.map(wireName)];
  const records = aliases.map((alias, index) => record(owners[index] ?? ASKED, CNAME, wireName(alias)));
  const type = query.readUInt16BE(query.length - TYPE_AT_END);
  if (address) records.push(record(owners.at(-1) ?? ASKED, type, address));
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, ...records]);
}

/** `answer` is asked with the type and how often it was asked for before; `asked` counts all questions. */
export async function nameServer(answer: (type: 'A' | 'AAAA', before: number) => DnsAnswer) {
  const socket = createSocket('udp4');
  const asked = { A: 0, AAAA: 0 };
  socket.on('message', (query, from) => {
    const type = TYPES[query.readUInt16BE(query.length - TYPE_AT_END)] ?? 'A';
    const said = answer(type, asked[type]);
    asked[type] += 1;
    if (said !== 'nothing') socket.send(reply(query, said), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => {
    socket.close();
  });
  return { address: `127.0.0.1:${socket.address().port}`, asked };
}
