import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { secretText, signWebhook } from '../lambdas/delivery/sign.ts';

/** A program around each verifier: reads {secret, headers, body} from standard input, prints true or false. */
const LANGUAGES = {
  Node: {
    file: 'verify.mjs',
    run: ['node', 'main.mjs'],
    main: `import { readFileSync } from 'node:fs';
import { verify } from './verify.mjs';
const { secret, headers, body } = JSON.parse(readFileSync(0, 'utf8'));
console.log(verify(secret, headers, body));`,
  },
  Python: {
    file: 'verify.py',
    run: ['python3', 'main.py'],
    main: `import json, sys
from verify import verify
given = json.load(sys.stdin)
print(str(verify(given["secret"], given["headers"], given["body"])).lower())`,
  },
  Go: {
    file: 'verify.go',
    run: ['go', 'run', '.'],
    main: `package main
import ("encoding/json"; "fmt"; "net/http"; "os")
func main() {
	var given struct { Secret, Body string; Headers map[string]string }
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil { panic(err) }
	header := http.Header{}
	for name, value := range given.Headers { header.Set(name, value) }
	fmt.Println(Verify(given.Secret, header, []byte(given.Body)))
}`,
  },
  PHP: {
    file: 'verify.php',
    run: ['php', 'main.php'],
    main: `<?php require 'verify.php';
$given = json_decode(file_get_contents('php://stdin'), true);
echo verify($given['secret'], $given['headers'], $given['body']) ? 'true' : 'false';`,
  },
  Ruby: {
    file: 'verify.rb',
    run: ['ruby', 'main.rb'],
    main: `require "json"
require_relative "verify"
given = JSON.parse($stdin.read)
puts verify(given["secret"], given["headers"], given["body"])`,
  },
} as const;

const SECRET = Buffer.alloc(24, 7);
const OTHER = Buffer.alloc(24, 9);
const BODY = '{"event":"bounced","subject":"Grüße 🌱"}';

function signed(seconds: number, secrets: readonly Uint8Array[]) {
  return {
    'webhook-id': 'evt_a',
    'webhook-timestamp': String(seconds),
    'x-ivymail-signature': signWebhook({
      webhookId: 'evt_a',
      timestampSeconds: seconds,
      body: BODY,
      secrets,
    }),
  };
}

describe.each(Object.entries(LANGUAGES))(
  'the verifier in %s',
  (_, { file, run: [command, ...args], main }) => {
    const missing = spawnSync(command, [command === 'go' ? 'version' : '--version']).status !== 0;

    // A toolchain that a machine lacks is no fault of the verifier.
    it.skipIf(missing)('takes what is genuine, rotation included, and nothing else', () => {
      const folder = mkdtempSync(join(tmpdir(), 'verify-'));
      try {
        const source = readFileSync(resolve('docs/verify', file), 'utf8');
        writeFileSync(join(folder, file), source.replace('package webhook', 'package main'));
        writeFileSync(join(folder, `main.${file.split('.')[1]}`), main);
        if (file.endsWith('.go')) writeFileSync(join(folder, 'go.mod'), 'module verify\n\ngo 1.21\n');
        const verify = (headers: Record<string, string>, body = BODY): string => {
          const input = JSON.stringify({ secret: secretText(SECRET), headers, body });
          const { stdout, stderr } = spawnSync(command, args, { cwd: folder, input, encoding: 'utf8' });
          return stdout.trim() || stderr;
        };
        const now = Math.floor(Date.now() / 1000);
        const genuine = signed(now, [SECRET]);
        expect(verify(genuine)).toBe('true');
        expect(verify(signed(now, [OTHER, SECRET]))).toBe('true');
        expect(verify(signed(now, [OTHER]))).toBe('false');
        expect(verify(genuine, `${BODY} `)).toBe('false');
        expect(verify({ ...genuine, 'webhook-id': 'evt_b' })).toBe('false');
        expect(verify(signed(now - 600, [SECRET]))).toBe('false');
        expect(verify({ ...genuine, 'x-ivymail-signature': 'v1,short' })).toBe('false');
        expect(verify({ ...genuine, 'webhook-timestamp': 'now' })).toBe('false');
        expect(verify({})).toBe('false');
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  },
);
