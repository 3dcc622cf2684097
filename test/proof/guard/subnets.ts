import { BlockList } from 'node:net';
import type { Family } from './registry.ts';

/**
 * The subnets where no webhook may go, in the CIDR notation of a firewall. This table is independent of `registry.ts`, and Node's
 * BlockList matches it.
 */
const REFUSED_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];
/** All allocated IPv6 addresses. No other IPv6 address is public. */
const ALLOCATED_IPV6 = '2000::/3';
const REFUSED_IPV6 = [
  '2001::/23', // IETF protocols: Teredo, anycasts, benchmarking, AMT, AS112, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
];

function subnets(cidrs: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', prefix] = cidr.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

const refusedIpv4 = subnets(REFUSED_IPV4, 'ipv4');
const refusedIpv6 = subnets(REFUSED_IPV6, 'ipv6');
const allocatedIpv6 = subnets([ALLOCATED_IPV6], 'ipv6');
const mapped = subnets(['::ffff:0:0/96'], 'ipv6');

/** Whether a webhook may be sent to the address. Node checks a mapped IPv6 address against the IPv4 rules as well. */
export function isPublicBySubnets(family: Family, text: string): boolean {
  if (family === 4) return !refusedIpv4.check(text, 'ipv4');
  if (mapped.check(text, 'ipv6')) return !refusedIpv4.check(text, 'ipv6');
  return allocatedIpv6.check(text, 'ipv6') && !refusedIpv6.check(text, 'ipv6');
}
