import { BlockList } from 'node:net';
import type { Family } from './registry.ts';

/** Where no webhook may go, as a firewall would be told: another table than the registry's, matched by node itself. */
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
/** Of what is given out; nothing else of IPv6 is public. */
const GIVEN_OUT_IPV6 = '2000::/3';
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
const givenOutIpv6 = subnets([GIVEN_OUT_IPV6], 'ipv6');
const mapped = subnets(['::ffff:0:0/96'], 'ipv6');

/** Whether a webhook may go to an address, by its text; node checks a mapped address against the rules for IPv4, too. */
export function isPublicBySubnets(family: Family, text: string): boolean {
  if (family === 4) return !refusedIpv4.check(text, 'ipv4');
  if (mapped.check(text, 'ipv6')) return !refusedIpv4.check(text, 'ipv6');
  return givenOutIpv6.check(text, 'ipv6') && !refusedIpv6.check(text, 'ipv6');
}
