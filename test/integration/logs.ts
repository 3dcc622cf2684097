/**
 * Reads the logs that the functions of the stack wrote during all tests. No line may contain a recipient, a key or a secret.
 * The emulator stores only errors and warnings. test/proof/tenants reads the lines of every level.
 */

const LOGS = 'Logs_20140328';

async function call<T>(endpoint: string, operation: string, input: object): Promise<T> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `${LOGS}.${operation}`,
      authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/logs/aws4_request',
    },
    body: JSON.stringify(input),
  });
  if (!response.ok)
    throw new Error(`${operation} responded with ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

interface Page {
  readonly nextToken?: string;
}

async function* pages<T extends Page>(endpoint: string, operation: string, input: object): AsyncGenerator<T> {
  let nextToken: string | undefined;
  do {
    const page = await call<T>(endpoint, operation, {
      ...input,
      ...(nextToken !== undefined && { nextToken }),
    });
    yield page;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}

async function* lines(endpoint: string): AsyncGenerator<string> {
  type Groups = Page & { readonly logGroups: readonly { readonly logGroupName: string }[] };
  type Streams = Page & { readonly logStreams: readonly { readonly logStreamName: string }[] };
  type Events = Page & { readonly events: readonly { readonly message: string }[] };
  for await (const { logGroups } of pages<Groups>(endpoint, 'DescribeLogGroups', {}))
    for (const { logGroupName } of logGroups)
      for await (const { logStreams } of pages<Streams>(endpoint, 'DescribeLogStreams', { logGroupName }))
        for (const { logStreamName } of logStreams) {
          const within = { logGroupName, logStreamNames: [logStreamName] };
          for await (const { events } of pages<Events>(endpoint, 'FilterLogEvents', within))
            for (const { message } of events) yield message;
        }
}

const FORBIDDEN: Readonly<Record<string, RegExp>> = {
  'an API key': /ivy_(?:live|test)_[0-9A-Za-z]{36}/,
  'a webhook secret': /whsec_[A-Za-z0-9+/]{20,}/,
  'an address': /[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/i,
};

/** Returns the number of lines. Throws if a line contains forbidden text, or if there was no line to check. */
export async function checkLogs(endpoint: string): Promise<number> {
  let read = 0;
  const found: string[] = [];
  for await (const line of lines(endpoint)) {
    read += 1;
    for (const [what, pattern] of Object.entries(FORBIDDEN))
      if (pattern.test(line)) found.push(`${what}: ${line.slice(0, 300)}`);
  }
  if (found.length > 0) throw new Error(`The logs contain ${found.slice(0, 5).join('\n')}`);
  if (read === 0) throw new Error('No log line was read');
  return read;
}
