/** A programming error in the receiver must not look like a forged webhook, so the verifiers throw an error that explains it. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

const MISTAKES = [
  [
    'python3',
    ['-c', `from verify import verify; verify("${SECRET}", {}, {"event": "bounced"})`],
    'raw_body must be',
  ],
  ['python3', ['-c', `from verify import verify; verify("${SECRET}", {}, "{}")`], 'raw_body must be'],
  [
    'python3',
    ['-c', `from verify import verify; verify("${SECRET}", "webhook-id: x", b"{}")`],
    'headers must be',
  ],
  [
    'php',
    ['-r', `require "verify.php"; verify("${SECRET}", [], ["event" => "bounced"]);`],
    'must be the body as it arrived',
  ],
  [
    'php',
    ['-r', `require "verify.php"; verify("${SECRET}", "webhook-id: x", "{}");`],
    'must be of type array',
  ],
  ['ruby', ['-r./verify', '-e', `verify("${SECRET}", {}, {"event" => "bounced"})`], 'raw_body must be'],
  ['ruby', ['-r./verify', '-e', `verify("${SECRET}", "webhook-id: x", "{}")`], 'headers must be'],
] as const;

function isInstalled(file: string): boolean {
  return spawnSync(file, ['--version']).error === undefined;
}

for (const [file, args, message] of MISTAKES)
  it.skipIf(!isInstalled(file))(
    `${file} throws an error with the message "${message}": ${args.at(-1)}`,
    () => {
      const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
      const { status, stderr, stdout } = spawnSync(file, args, { cwd: 'docs/verify', env, encoding: 'utf8' });
      expect(status).not.toBe(0);
      expect(stdout + stderr).toContain(message);
    },
  );
