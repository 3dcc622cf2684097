/** A name server on loopback for one test: it says what the test has it say. RFC 1035, 4.1. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

const RCODES = { SERVFAIL: 2, NXDOMAIN: 3, NODATA: 0 } as const;
const TYPES: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' };
const TYPE_AT_END = 4;

/** An address as it goes over the wire, `nothing` for no answer at all, or the code of one without an address. */
export type DnsAnswer = Buffer | keyof typeof RCODES | 'nothing';

/** 4 or 16 bytes. */
export function bytesOf(...numbers: readonly number[]): Buffer {
  return Buffer.from(numbers);
}

function reply(query: Buffer, answer: Exclude<DnsAnswer, 'nothing'>): Buffer {
  const head = Buffer.from(query);
  head.writeUInt16BE(0x8180 | (typeof answer === 'string' ? RCODES[answer] : 0), 2);
  if (typeof answer === 'string') return head;
  head.writeUInt16BE(1, 6);
  const record = Buffer.alloc(12);
  // The name of the question, wherever it is; type and class as asked; no time to live.
  record.writeUInt16BE(0xc0_0c, 0);
  query.copy(record, 2, query.length - TYPE_AT_END);
  record.writeUInt16BE(answer.length, 10);
  return Buffer.concat([head, record, answer]);
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
