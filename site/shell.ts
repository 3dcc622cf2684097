import { valueOfVariable } from './placeholders.ts';

/** A request of a `curl` command, without the API key. */
export interface ApiRequest {
  readonly method: string;
  /** The path below the address of the API: `/v1/send`. */
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  /** Headers other than the key and the content type. */
  readonly headers: readonly (readonly [string, string])[];
  /** The parsed JSON body. Absent without a body. */
  readonly body?: unknown;
  /** The header with the key; undefined if the request needs no key. */
  readonly auth: 'x-api-key' | 'bearer' | undefined;
}

/** The words of a command. Variables become placeholders or example values. */
function wordsOf(command: string): readonly string[] {
  const tokens = command.matchAll(
    /(?<space>(?:\s|\\\n)+)|'(?<single>[^']*)'|"(?<double>(?:\\.|[^"\\])*)"|\$(?<variable>\w+)|\\(?<escaped>.)|(?<plain>[^\s'"\\$]+)/g,
  );
  const words: string[] = [];
  let begun = false;
  for (const { groups = {} } of tokens) {
    const { space, single, double, variable, escaped, plain } = groups;
    if (space !== undefined) {
      begun = false;
      continue;
    }
    const text =
      single ??
      (double === undefined
        ? undefined
        : double
            .replaceAll(/\$(\w+)/g, (_, name: string) => valueOfVariable(name))
            .replaceAll(/\\(["\\$`])/g, '$1')) ??
      (variable === undefined ? (escaped ?? plain) : valueOfVariable(variable)) ??
      '';
    if (begun) words.push(`${words.pop() ?? ''}${text}`);
    else words.push(text);
    begun = true;
  }
  return words;
}

/** Splits `-d @- <<END` and its document from the rest of the command. */
function hereDocument(command: string): { readonly rest: string; readonly document: string | undefined } {
  const found = /^([^]*?) <<(\w+)\n([^]*?)\n\2$/.exec(command);
  if (!found) return { rest: command, document: undefined };
  const [, rest = '', , document = ''] = found;
  return { rest, document: document.replaceAll(/\$(\w+)/g, (_, name: string) => valueOfVariable(name)) };
}

const BASE = valueOfVariable('BASE');
const KEY = valueOfVariable('KEY');

interface Options {
  readonly url: string;
  readonly method: string | undefined;
  readonly headers: readonly string[];
  readonly data: string | undefined;
  readonly query: readonly string[];
}

function optionsOf(words: readonly string[]): Options | undefined {
  let url = '';
  let method: string | undefined;
  let data: string | undefined;
  const headers: string[] = [];
  const query: string[] = [];
  const rest = [...words];
  while (rest.length > 0) {
    const word = rest.shift() ?? '';
    if (word === '-s' || word === '-G') continue;
    if (word === '-X') method = rest.shift();
    else if (word === '-H') headers.push(rest.shift() ?? '');
    else if (word === '-d') data = rest.shift();
    else if (word === '--data-urlencode') query.push(rest.shift() ?? '');
    else if (word.startsWith('-') || url !== '') return undefined;
    else url = word;
  }
  return { url, method, headers, data, query };
}

function splitAt(text: string, separator: string): readonly [string, string] {
  const position = text.indexOf(separator);
  return position < 0
    ? [text, '']
    : [text.slice(0, position).trim(), text.slice(position + separator.length).trim()];
}

/** Reads a `curl` command of the pages. Undefined if the command is something else, or uses another option of curl. */
export function parseCurl(command: string): ApiRequest | undefined {
  const { rest, document } = hereDocument(command.trim());
  const [program, ...words] = wordsOf(rest);
  const options = program === 'curl' ? optionsOf(words) : undefined;
  if (!options || !options.url.startsWith(`${BASE}/`)) return undefined;
  const [path, search] = splitAt(options.url.slice(BASE.length), '?');
  const headers = options.headers.map((header) => splitAt(header, ':'));
  const auth = headers.some(([name]) => name === 'x-api-key')
    ? 'x-api-key'
    : headers.some(([, value]) => value === `Bearer ${KEY}`)
      ? 'bearer'
      : undefined;
  const data = options.data === '@-' ? document : options.data;
  return {
    method: options.method ?? (data === undefined ? 'GET' : 'POST'),
    path,
    query: [
      ...(search === '' ? [] : search.split('&').map((pair) => splitAt(decodeURIComponent(pair), '='))),
      ...options.query.map((pair) => splitAt(pair, '=')),
    ],
    headers: headers.filter(
      ([name]) => !['x-api-key', 'authorization', 'content-type'].includes(name.toLowerCase()),
    ),
    ...(data !== undefined && { body: JSON.parse(data) as unknown }),
    auth,
  };
}

/** The commands of a code block. A command begins at the beginning of a line with `curl`. */
export function commandsOf(block: string): readonly string[] {
  return block.trim().split(/\n(?=curl )/);
}
