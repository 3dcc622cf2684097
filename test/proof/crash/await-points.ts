/**
 * Gives every `await` of the product a label, such as `store/put-rows.ts putBatch 2`, so that a test can end the process there.
 * A new await becomes a crash point automatically. awaits.test.ts fails if no scenario reaches it.
 */
import { relative, resolve } from 'node:path';
import type { Plugin } from 'vitest/config';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [name: string]: unknown;
}

const ROOT = resolve(import.meta.dirname, '../../../lambdas');
/** The folders of the code that reads and writes through AWS. */
const WATCHED = /^(store|ingest|tally|delivery|api)\//;

const MODULE = 'module';

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function functionName(node: Node, parent: Node | undefined, enclosing: string): string | undefined {
  const nameOf = (holder: unknown) => (holder as { readonly name?: string } | undefined)?.name;
  // `const create = route({ async handle() {} })`: the variable's name distinguishes the `handle` functions of the routes.
  if (node.type === 'VariableDeclarator' && enclosing === MODULE) return nameOf(node['id']);
  if (!/Function/.test(node.type)) return undefined;
  const key = nameOf(parent?.['key']);
  if (key !== undefined) return enclosing === MODULE ? key : `${enclosing}.${key}`;
  return nameOf(node['id'] ?? parent?.['id']);
}

/** Finds every await and the name of its function. If the function has no name, the next enclosing function's name is used. */
function findAwaits(
  node: Node,
  found: { readonly node: Node; readonly functionName: string }[],
  parent?: Node,
  enclosing = MODULE,
): void {
  const name = functionName(node, parent, enclosing) ?? enclosing;
  if (node.type === 'AwaitExpression') found.push({ node, functionName: name });
  for (const value of Object.values(node))
    for (const child of [value].flat()) if (isNode(child)) findAwaits(child, found, node, name);
}

export function awaitPoints(): Plugin {
  return {
    name: 'await-points',
    enforce: 'post',
    transform(code, id) {
      const file = relative(ROOT, id.split('?')[0] ?? '');
      if (!WATCHED.test(file)) return undefined;
      const found: { readonly node: Node; readonly functionName: string }[] = [];
      findAwaits(this.parse(code) as unknown as Node, found);
      const counts = new Map<string, number>();
      const labels: string[] = [];
      const insertions = found.flatMap(({ node, functionName: name }) => {
        const count = (counts.get(name) ?? 0) + 1;
        counts.set(name, count);
        const label = `${file} ${name} ${count}`;
        labels.push(label);
        const argument = node['argument'] as Node;
        return [
          { at: argument.start, text: `globalThis.awaitPoint(${JSON.stringify(label)}, ` },
          { at: argument.end, text: ')' },
        ];
      });
      let instrumented = code;
      for (const { at, text } of insertions.toSorted((left, right) => right.at - left.at))
        instrumented = instrumented.slice(0, at) + text + instrumented.slice(at);
      return {
        code: `${instrumented}\nglobalThis.awaitLabels?.push(...${JSON.stringify(labels)});\n`,
        map: null,
      };
    },
  };
}
