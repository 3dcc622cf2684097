import { spawnSync } from 'node:child_process';
import { PRIVATE_IN_PRACTICE, REACHABLE_BUT_FORBIDDEN, four, six, type Block } from './registry.ts';

/** What Python's `ipaddress` says of each line: g(lobal), n(ot), or x where it is no address. */
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

/** One verdict for each text, by an author, a language and a table that are not ours. */
export function classifyWithPython(texts: readonly string[]): readonly PythonVerdict[] {
  if (texts.length === 0) return [];
  const { stdout, stderr, status, error } = spawnSync('python3', ['-c', ORACLE], {
    input: `${texts.join('\n')}\n`,
    encoding: 'utf8',
    env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`Python did not answer: ${stderr}`, { cause: error });
  const verdicts = stdout.trimEnd().split('\n') as PythonVerdict[];
  if (verdicts.length !== texts.length) throw new Error(`${verdicts.length} answers for ${texts.length}`);
  return verdicts;
}

/**
 * Where Python, in some of its versions, calls an address global that no webhook may go to. There is no list for the
 * other direction: what the guard lets through is global to every Python.
 */
export const STRICTER_THAN_PYTHON: readonly Block[] = [
  ...REACHABLE_BUT_FORBIDDEN,
  ...PRIVATE_IN_PRACTICE,
  four(
    '192.0.0.0',
    '192.0.0.255',
    'before 3.12.4, of the protocol assignments only the first eight were private',
  ),
  four('192.88.99.0', '192.88.99.255', 'the registry says N/A, and Python takes it for yes'),
  six('2002', '2002', '6to4: the registry says N/A, and Python takes it for yes'),
  six('3fff:0', '3fff:fff', 'documentation since 2024 only'),
  six('0', '1fff', 'not given out: Python judges by the special registry alone'),
  six('4000', 'ffff', 'not given out, likewise'),
];
