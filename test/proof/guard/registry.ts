/**
 * IANA's special-purpose address registries, row by row: first address, last address, and the column "globally reachable".
 * https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry, as of October 2025.
 */
export type Family = 4 | 6;

export interface AddressValue {
  readonly family: Family;
  readonly value: bigint;
}

export interface Block {
  readonly family: Family;
  readonly from: bigint;
  readonly to: bigint;
  readonly name: string;
}

interface Row extends Block {
  /** Undefined if the registry says N/A. */
  readonly reachable: boolean | undefined;
}

function ipv4(text: string): bigint {
  return text.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n);
}

/** Parses the leading words of an address. The other words are zero in the first address of a block, and ffff in the last. */
function ipv6(words: string, rest: '0000' | 'ffff'): bigint {
  const leading = words.split(':').map((word) => word.padStart(4, '0'));
  return BigInt(`0x${[...leading, ...Array<string>(8 - leading.length).fill(rest)].join('')}`);
}

export function four(from: string, to: string, name: string): Block {
  return { family: 4, from: ipv4(from), to: ipv4(to), name };
}

export function six(from: string, to: string, name: string): Block {
  return { family: 6, from: ipv6(from, '0000'), to: ipv6(to, 'ffff'), name };
}

const UNREACHABLE: readonly Block[] = [
  four('0.0.0.0', '0.255.255.255', 'This network'),
  four('0.0.0.0', '0.0.0.0', 'This host on this network'),
  four('10.0.0.0', '10.255.255.255', 'Private-Use'),
  four('100.64.0.0', '100.127.255.255', 'Shared Address Space'),
  four('127.0.0.0', '127.255.255.255', 'Loopback'),
  four('169.254.0.0', '169.254.255.255', 'Link Local'),
  four('172.16.0.0', '172.31.255.255', 'Private-Use'),
  four('192.0.0.0', '192.0.0.255', 'IETF Protocol Assignments'),
  four('192.0.0.0', '192.0.0.7', 'IPv4 Service Continuity Prefix'),
  four('192.0.0.8', '192.0.0.8', 'IPv4 dummy address'),
  four('192.0.0.170', '192.0.0.171', 'NAT64/DNS64 Discovery'),
  four('192.0.2.0', '192.0.2.255', 'Documentation (TEST-NET-1)'),
  four('192.168.0.0', '192.168.255.255', 'Private-Use'),
  four('198.18.0.0', '198.19.255.255', 'Benchmarking'),
  four('198.51.100.0', '198.51.100.255', 'Documentation (TEST-NET-2)'),
  four('203.0.113.0', '203.0.113.255', 'Documentation (TEST-NET-3)'),
  four('224.0.0.0', '239.255.255.255', 'Multicast, by the registry of the address space'),
  four('240.0.0.0', '255.255.255.255', 'Reserved'),
  four('255.255.255.255', '255.255.255.255', 'Limited Broadcast'),
  six('0:0:0:0:0:0:0:1', '0:0:0:0:0:0:0:1', 'Loopback Address'),
  six('0:0:0:0:0:0:0:0', '0:0:0:0:0:0:0:0', 'Unspecified Address'),
  six('64:ff9b:1', '64:ff9b:1', 'IPv4-IPv6 Translation, local use'),
  six('100:0:0:0', '100:0:0:0', 'Discard-Only Address Block'),
  six('100:0:0:1', '100:0:0:1', 'Dummy IPv6 Prefix'),
  six('2001:0', '2001:1ff', 'IETF Protocol Assignments'),
  six('2001:2:0', '2001:2:0', 'Benchmarking'),
  six('2001:10', '2001:1f', 'Deprecated (previously ORCHID)'),
  six('2001:db8', '2001:db8', 'Documentation'),
  six('3fff:0', '3fff:fff', 'Documentation'),
  six('5f00', '5f00', 'Segment Routing (SRv6) SIDs'),
  six('fc00', 'fdff', 'Unique-Local'),
  six('fe80', 'febf', 'Link-Local Unicast'),
];

const NOT_APPLICABLE: readonly Block[] = [
  four('192.88.99.0', '192.88.99.255', 'Deprecated (6to4 Relay Anycast)'),
  six('2001:0', '2001:0', 'TEREDO'),
  six('2002', '2002', '6to4'),
];

/** Blocks that the registry calls globally reachable and that the product forbids. The name of each contains the reason. */
export const REACHABLE_BUT_FORBIDDEN: readonly Block[] = [
  four('192.0.0.9', '192.0.0.9', 'Port Control Protocol Anycast: the nearest router responds'),
  four('192.0.0.10', '192.0.0.10', 'TURN Anycast: the nearest relay responds'),
  four('192.31.196.0', '192.31.196.255', 'AS112-v4: responds to DNS only'),
  four('192.52.193.0', '192.52.193.255', 'AMT: the nearest multicast relay responds'),
  four('192.175.48.0', '192.175.48.255', 'Direct Delegation AS112: responds to DNS only'),
  six(
    '64:ff9b:0:0:0:0',
    '64:ff9b:0:0:0:0',
    'Translation: leads to any IPv4 address, including a private one',
  ),
  six('2001:1:0:0:0:0:0:1', '2001:1:0:0:0:0:0:1', 'Port Control Protocol Anycast'),
  six('2001:1:0:0:0:0:0:2', '2001:1:0:0:0:0:0:2', 'TURN Anycast'),
  six('2001:1:0:0:0:0:0:3', '2001:1:0:0:0:0:0:3', 'DNS-SD Registration Anycast'),
  six('2001:3', '2001:3', 'AMT'),
  six('2001:4:112', '2001:4:112', 'AS112-v6'),
  six('2001:20', '2001:2f', 'ORCHIDv2: names a key, not a place'),
  six('2001:30', '2001:3f', 'Drone Remote ID: names a thing, not a place'),
  six('2620:4f:8000', '2620:4f:8000', 'Direct Delegation AS112'),
];

/** Addresses that are in no row of the registry, and that the product forbids because of the service that responds there. */
export const PRIVATE_IN_PRACTICE: readonly Block[] = [
  four('168.63.129.16', '168.63.129.16', "Azure's wire server, reachable from every machine in Azure"),
];

const MAPPED = six('0:0:0:0:0:ffff', '0:0:0:0:0:ffff', 'IPv4-mapped Address');
const GLOBAL_UNICAST = six('2000', '3fff', 'Global Unicast, all allocated addresses');

/** Blocks that are not in the registry, where a parser of addresses can make mistakes. */
const NOTABLE: readonly Block[] = [
  MAPPED,
  GLOBAL_UNICAST,
  six('0:0:0:0:0:0', '0:0:0:0:0:0', 'IPv4-compatible Address'),
  six('0:0:0:0:ffff:0', '0:0:0:0:ffff:0', 'IPv4-translated Address'),
  six('3ffe', '3ffe', '6bone'),
  six('fec0', 'feff', 'Site-Local Unicast'),
  six('ff00', 'ffff', 'Multicast'),
];

export const BLOCKS: readonly Block[] = [
  ...UNREACHABLE,
  ...NOT_APPLICABLE,
  ...REACHABLE_BUT_FORBIDDEN,
  ...PRIVATE_IN_PRACTICE,
  ...NOTABLE,
];

function contains(block: Block, { family, value }: AddressValue): boolean {
  return block.family === family && block.from <= value && value <= block.to;
}

function sizeOf({ from, to }: Block): bigint {
  return to - from;
}

/** The narrowest block first, because a row inside another row is more specific. */
const ROWS: readonly Row[] = [
  ...UNREACHABLE.map((block) => ({ ...block, reachable: false })),
  ...NOT_APPLICABLE.map((block) => ({ ...block, reachable: undefined })),
  ...REACHABLE_BUT_FORBIDDEN.map((block) => ({ ...block, reachable: true })),
].toSorted((left, right) => (sizeOf(left) < sizeOf(right) ? -1 : 1));

/** Converts an IPv4-mapped IPv6 address to its IPv4 address, because sockets connect to that address. */
function unmap(address: AddressValue): AddressValue {
  return contains(MAPPED, address) ? { family: 4, value: address.value & 0xffff_ffffn } : address;
}

export function isIn(blocks: readonly Block[], address: AddressValue): boolean {
  const unmappedAddress = unmap(address);
  return blocks.some((block) => contains(block, unmappedAddress));
}

/** Whether the registries call an address globally reachable. The address is a number, so no text is parsed. */
export function isGloballyReachable(address: AddressValue): boolean {
  const unmappedAddress = unmap(address);
  const row = ROWS.find((candidate) => contains(candidate, unmappedAddress));
  if (row) return row.reachable === true;
  return unmappedAddress.family === 4 || contains(GLOBAL_UNICAST, unmappedAddress);
}

/** Whether a webhook may be sent to the address. */
export function isPublic(address: AddressValue): boolean {
  return (
    isGloballyReachable(address) &&
    !isIn(REACHABLE_BUT_FORBIDDEN, address) &&
    !isIn(PRIVATE_IN_PRACTICE, address)
  );
}
