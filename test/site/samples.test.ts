import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { commandsOf, parseCurl, type ApiRequest } from '../../site/shell.ts';
import { samplesOf } from '../../site/samples.ts';

/** Code as a reader sees it: with the name of each placeholder. */
function shown(code: string): string {
  return code.replaceAll(/\u{E000}(\w+)\u{E001}/gu, '$1');
}

function parsed(command: string): ApiRequest {
  const request = parseCurl(command);
  if (!request) throw new Error(`It is no request to the API: ${command}`);
  return request;
}

const SEND = String.raw`curl -s -X POST "$BASE/v1/send" -H "x-api-key: $KEY" -H 'content-type: application/json' \
  -H "idempotency-key: order-4711-$RUN" -d '{"from": "'"$FROM"'", "to": ["Ann <ann@example.com>"], "subject": "It'\''s here"}'`;

describe('a curl command of the docs', () => {
  it('becomes a request, whatever quotes it has', () => {
    expect(parsed(SEND)).toEqual({
      method: 'POST',
      path: '/v1/send',
      query: [],
      headers: [['idempotency-key', 'order-4711-1']],
      auth: 'x-api-key',
      body: { from: 'you@yourdomain.com', to: ['Ann <ann@example.com>'], subject: "It's here" },
    });
  });

  it('can have its body in a document after it', () => {
    const request = parsed('curl -s -X POST "$BASE/v1/send" -d @- <<END\n{"from": "$FROM"}\nEND');
    expect(request).toMatchObject({ method: 'POST', body: { from: 'you@yourdomain.com' }, auth: undefined });
  });

  it('can have its query in the address or in options', () => {
    expect(parsed('curl -s "$BASE/v1/send/logs?type=bounce&limit=10" -H "x-api-key: $KEY"').query).toEqual([
      ['type', 'bounce'],
      ['limit', '10'],
    ]);
    const encoded = parsed(`curl -s -G "$BASE/v1/suppressions" --data-urlencode 'address="j d"@example.com'`);
    expect(encoded.query).toEqual([['address', '"j d"@example.com']]);
  });

  it.each(['npm start', 'curl -X PUT "$INBOX_URL/hooks/healthy"', 'curl -o file "$BASE/v1/stats"'])(
    'is shown unchanged if it is no request to the API, or has an unknown option: %s',
    (command) => {
      expect(parseCurl(command)).toBeUndefined();
    },
  );
});

describe('a request', () => {
  const samples = samplesOf([parsed(SEND)]);

  it('is readable as curl', () => {
    expect(shown(samples.curl)).toBe(String.raw`curl "BASE/v1/send" \
  -H "x-api-key: KEY" \
  -H "idempotency-key: order-4711-1" \
  -H "content-type: application/json" \
  -d '{
    "from": "you@yourdomain.com",
    "to": ["Ann <ann@example.com>"],
    "subject": "It'\''s here"
  }'`);
  });

  it('is readable in Node.js', () => {
    expect(shown(samples.node)).toBe(`const response = await fetch('BASE/v1/send', {
  method: 'POST',
  headers: {
    'x-api-key': 'KEY',
    'idempotency-key': 'order-4711-1',
    'content-type': 'application/json',
  },
  body: JSON.stringify({
    from: 'you@yourdomain.com',
    to: ['Ann <ann@example.com>'],
    subject: "It's here",
  }),
});
console.log(await response.json());`);
  });

  it('is readable in Python', () => {
    expect(shown(samples.python)).toBe(`import requests

response = requests.post(
    "BASE/v1/send",
    headers={
        "x-api-key": "KEY",
        "idempotency-key": "order-4711-1",
    },
    json={
        "from": "you@yourdomain.com",
        "to": ["Ann <ann@example.com>"],
        "subject": "It's here",
    },
)
print(response.json())`);
  });
});

const ALL = ['quickstart.md', 'webhooks-and-events.md'].flatMap((file) =>
  [...readFileSync(`docs/${file}`, 'utf8').matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, code = '']) => {
    const requests = commandsOf(code).map(parseCurl);
    return requests.includes(undefined) ? [] : [requests as ApiRequest[]];
  }),
);

describe('every code block of the guide', () => {
  it('is a list of requests', () => {
    expect(ALL.length).toBeGreaterThan(20);
  });

  it('is correct JavaScript', () => {
    const check = (code: string): string =>
      transformSync(code, { loader: 'js', format: 'esm', target: 'es2022' }).code;
    for (const requests of ALL) expect(check(shown(samplesOf(requests).node))).toContain('await fetch(');
  });

  it('is correct Python', () => {
    const codes = ALL.map((requests) => shown(samplesOf(requests).python));
    const check =
      'import ast, json, sys\nfor code in json.load(sys.stdin): ast.parse(code)\nprint("correct")';
    const output = execFileSync('python3', ['-c', check], { input: JSON.stringify(codes), encoding: 'utf8' });
    expect(output).toBe('correct\n');
  });

  it('is correct Bash, and the same request again', () => {
    for (const requests of ALL) {
      const { curl } = samplesOf(requests);
      expect(execFileSync('bash', ['-n', '-c', shown(curl)], { encoding: 'utf8' })).toBe('');
      const command = curl.replaceAll(/\u{E000}(\w+)\u{E001}/gu, '$$$1');
      expect(commandsOf(command.replaceAll('\n\n', '\n')).map(parseCurl)).toEqual(requests);
    }
  });
});
