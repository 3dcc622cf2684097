import { spawnSync } from 'node:child_process';
import { PRIVATE_IN_PRACTICE, REACHABLE_BUT_FORBIDDEN, four, six, type Block } from './registry.ts';

/** Prints the verdict of Python's `ipaddress` for each line: `g` global, `n` not global, `x` not an address. */
const ORACLE = `
import ipaddress, sys
for line in sys.stdin:
    try:
        address = ipaddress.ip_address(line[:-1])
    except ValueError:
        print('x')
        continue
    address = getattr(address, 'ipv4_mapped', None) or address
    print('g' if address.is_global and not address.is_multicast else 'n')
`;

export type PythonVerdict = 'g' | 'n' | 'x';

/** Returns one verdict for each text, from an implementation in another language with its own table. */
export function classifyWithPython(texts: readonly string[]): readonly PythonVerdict[] {
  if (texts.length === 0) return [];
  const { stdout, stderr, status, error } = spawnSync('python3', ['-c', ORACLE], {
    input: `${texts.join('\n')}\n`,
    encoding: 'utf8',
    env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`Python failed: ${stderr}`, { cause: error });
  const verdicts = stdout.trimEnd().split('\n') as PythonVerdict[];
  if (verdicts.length !== texts.length)
    throw new Error(`Python returned ${verdicts.length} verdicts for ${texts.length} addresses`);
  return verdicts;
}

/**
 * Blocks that some version of Python calls global, although no webhook may go there. There is no list for the other direction, because
 * every Python version calls all addresses global that the guard allows.
 */
export const STRICTER_THAN_PYTHON: readonly Block[] = [
  ...REACHABLE_BUT_FORBIDDEN,
  ...PRIVATE_IN_PRACTICE,
  four(
    '192.0.0.0',
    '192.0.0.255',
    'before Python 3.12.4, only the first eight of the protocol assignments were private',
  ),
  four('192.88.99.0', '192.88.99.255', 'the registry says N/A, and Python treats it as global'),
  six('2002', '2002', '6to4: the registry says N/A, and Python treats it as global'),
  six('3fff:0', '3fff:fff', 'reserved for documentation only since 2024'),
  six('0', '1fff', 'not allocated: Python uses only the special-purpose registry'),
  six('4000', 'ffff', 'not allocated: Python uses only the special-purpose registry'),
];
