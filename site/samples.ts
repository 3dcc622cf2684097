import { placeholder } from './placeholders.ts';
import type { ApiRequest } from './shell.ts';

/** The languages in which the pages show a request, in the order of their tabs. */
export const SAMPLE_LANGUAGES = [
  { id: 'curl', label: 'curl', syntax: 'sh' },
  { id: 'node', label: 'Node.js', syntax: 'js' },
  { id: 'python', label: 'Python', syntax: 'python' },
] as const;

const BASE = placeholder('BASE');
const KEY = placeholder('KEY');
const MAX_WIDTH = 76;

/** How a language writes values. */
interface Notation {
  readonly string: (text: string) => string;
  readonly key: (name: string) => string;
  readonly constants: readonly [yes: string, no: string, none: string];
  /** Spaces inside the braces of an object on one line. */
  readonly pad: string;
  readonly indent: string;
  /** Whether the last member of a list has a comma. */
  readonly trailingComma: boolean;
}

const quoted = (text: string): string => JSON.stringify(text);
const singleQuoted = (text: string): string =>
  text.includes("'") || text.includes('\\') || text.includes('\n') ? quoted(text) : `'${text}'`;

const JSON_NOTATION: Notation = {
  string: quoted,
  key: quoted,
  constants: ['true', 'false', 'null'],
  pad: ' ',
  indent: '  ',
  trailingComma: false,
};
const JS_NOTATION: Notation = {
  ...JSON_NOTATION,
  string: singleQuoted,
  key: (name) => (/^[a-z_]\w*$/i.test(name) ? name : singleQuoted(name)),
  trailingComma: true,
};
const PYTHON_NOTATION: Notation = {
  ...JSON_NOTATION,
  constants: ['True', 'False', 'None'],
  pad: '',
  indent: '    ',
  trailingComma: true,
};

/** Writes a value: on one line if it is short, otherwise one member per line. */
function write(value: unknown, notation: Notation, depth = 0): string {
  const { constants, string, key, pad, indent, trailingComma } = notation;
  const [yes, no, none] = constants;
  if (value === null || value === undefined) return none;
  if (typeof value === 'boolean') return value ? yes : no;
  if (typeof value === 'string') return string(value);
  if (typeof value !== 'object') return JSON.stringify(value);
  const isArray = Array.isArray(value);
  const members = isArray
    ? value.map((each) => write(each, notation, depth + 1))
    : Object.entries(value).map(([name, each]) => `${key(name)}: ${write(each, notation, depth + 1)}`);
  const [open, close] = isArray ? ['[', ']'] : ['{', '}'];
  if (members.length === 0) return `${open}${close}`;
  const inside = members.join(', ');
  const isShort = !inside.includes('\n') && inside.length + (depth + 1) * indent.length < MAX_WIDTH - 12;
  if (isShort && (depth > 0 || members.length === 1))
    return isArray ? `[${inside}]` : `{${pad}${inside}${pad}}`;
  const separator = `,\n${indent.repeat(depth + 1)}`;
  const end = `${trailingComma ? ',' : ''}\n${indent.repeat(depth)}`;
  return `${open}\n${indent.repeat(depth + 1)}${members.join(separator)}${end}${close}`;
}

/** Writes a value as JSON for people: short lists and objects stay on one line. */
export function writeJson(value: unknown): string {
  return write(value, JSON_NOTATION);
}

/** Encodes a part of a query, and leaves readable what needs no escape there. */
function encodeQuery(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%40', '@')
    .replaceAll('%3A', ':')
    .replaceAll('%EE%80%80', '\u{E000}')
    .replaceAll('%EE%80%81', '\u{E001}');
}

function urlOf({ path, query }: ApiRequest): string {
  const search = query.map(([name, value]) => `${encodeQuery(name)}=${encodeQuery(value)}`).join('&');
  return `${BASE}${path}${search === '' ? '' : `?${search}`}`;
}

function headersOf({ auth, headers, body }: ApiRequest): readonly (readonly [string, string])[] {
  return [
    ...(auth === 'x-api-key' ? [['x-api-key', KEY] as const] : []),
    ...(auth === 'bearer' ? [['authorization', `Bearer ${KEY}`] as const] : []),
    ...headers,
    ...(body === undefined ? [] : [['content-type', 'application/json'] as const]),
  ];
}

function indented(text: string, indent: string): string {
  return text.replaceAll('\n', `\n${indent}`);
}

function curl(request: ApiRequest): string {
  const { method, body } = request;
  const isDefault = method === (body === undefined ? 'GET' : 'POST');
  const lines = [
    `curl ${isDefault ? '' : `-X ${method} `}"${urlOf(request)}"`,
    ...headersOf(request).map(([name, value]) => `-H "${name}: ${value}"`),
    ...(body === undefined
      ? []
      : [`-d '${indented(writeJson(body), '  ').replaceAll("'", String.raw`'\''`)}'`]),
  ];
  return lines.join(' \\\n  ');
}

/** How a program reads the response of the request. */
function responseOf({ method, path }: ApiRequest): 'status' | 'text' | 'json' {
  if (method === 'DELETE') return 'status';
  return path.endsWith('/export') || path.endsWith('.txt') ? 'text' : 'json';
}

function node(request: ApiRequest): string {
  const { method, body } = request;
  const headers = Object.fromEntries(headersOf(request));
  const options = [
    ...(method === 'GET' ? [] : [`  method: '${method}',`]),
    ...(Object.keys(headers).length === 0
      ? []
      : [`  headers: ${indented(write(headers, JS_NOTATION), '  ')},`]),
    ...(body === undefined ? [] : [`  body: JSON.stringify(${indented(write(body, JS_NOTATION), '  ')}),`]),
  ];
  const read = {
    status: 'response.status',
    text: 'await response.text()',
    json: 'await response.json()',
  };
  const argument = options.length === 0 ? '' : `, {\n${options.join('\n')}\n}`;
  return `const response = await fetch('${urlOf(request)}'${argument});\nconsole.log(${read[responseOf(request)]});`;
}

function python(request: ApiRequest): string {
  const { method, path, query, body } = request;
  const headers = Object.fromEntries(headersOf(request).filter(([name]) => name !== 'content-type'));
  const argument = (name: string, value: unknown): string =>
    `    ${name}=${indented(write(value, PYTHON_NOTATION), '    ')},`;
  const lines = [
    `    "${BASE}${path}",`,
    ...(query.length === 0 ? [] : [argument('params', Object.fromEntries(query))]),
    ...(Object.keys(headers).length === 0 ? [] : [argument('headers', headers)]),
    ...(body === undefined ? [] : [argument('json', body)]),
  ];
  const read = { status: 'response.status_code', text: 'response.text', json: 'response.json()' };
  return `response = requests.${method.toLowerCase()}(\n${lines.join('\n')}\n)\nprint(${read[responseOf(request)]})`;
}

/** The code of one or several requests in each language. */
export function samplesOf(
  requests: readonly ApiRequest[],
): Readonly<Record<(typeof SAMPLE_LANGUAGES)[number]['id'], string>> {
  const declareOnce = (code: string): string =>
    code
      .replaceAll(/(?<=[^]\n)const response = /g, 'response = ')
      .replace(/^const/, requests.length > 1 ? 'let' : 'const');
  return {
    curl: requests.map(curl).join('\n\n'),
    node: declareOnce(requests.map(node).join('\n\n')),
    python: `import requests\n\n${requests.map(python).join('\n\n')}`,
  };
}
