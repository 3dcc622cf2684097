/**
 * Gives every `await` of the product a name, `store/put-rows.ts putBatch 2`, and lets a test end the process there: so a
 * new await is a new point by itself, and one that no scenario comes by is told of.
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
/** What does not write: its awaits may end as they like. */
const WATCHED = /^(store|ingest|tally|delivery|api)\//;

const MODULE = 'module';

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function nameOf(node: Node, parent: Node | undefined, around: string): string | undefined {
  const named = (holder: unknown) => (holder as { readonly name?: string } | undefined)?.name;
  // `const create = route({ async handle() {} })`: every route has a `handle`.
  if (node.type === 'VariableDeclarator' && around === MODULE) return named(node['id']);
  if (!/Function/.test(node.type)) return undefined;
  const key = named(parent?.['key']);
  if (key !== undefined) return around === MODULE ? key : `${around}.${key}`;
  return named(node['id'] ?? parent?.['id']);
}

/** Every await with the name of the function it stands in; of one without a name, that of the next one around it. */
function awaitsOf(
  node: Node,
  found: { readonly node: Node; readonly within: string }[],
  parent?: Node,
  around = MODULE,
): void {
  const within = nameOf(node, parent, around) ?? around;
  if (node.type === 'AwaitExpression') found.push({ node, within });
  for (const value of Object.values(node))
    for (const child of [value].flat()) if (isNode(child)) awaitsOf(child, found, node, within);
}

export function awaitPoints(): Plugin {
  return {
    name: 'await-points',
    enforce: 'post',
    transform(code, id) {
      const file = relative(ROOT, id.split('?')[0] ?? '');
      if (!WATCHED.test(file)) return undefined;
      const found: { readonly node: Node; readonly within: string }[] = [];
      awaitsOf(this.parse(code) as unknown as Node, found);
      const counts = new Map<string, number>();
      const labels: string[] = [];
      const insertions = found.flatMap(({ node, within }) => {
        const count = (counts.get(within) ?? 0) + 1;
        counts.set(within, count);
        const label = `${file} ${within} ${count}`;
        labels.push(label);
        const argument = node['argument'] as Node;
        return [
          { at: argument.start, text: `globalThis.awaitPoint(${JSON.stringify(label)}, ` },
          { at: argument.end, text: ')' },
        ];
      });
      let marked = code;
      for (const { at, text } of insertions.toSorted((left, right) => right.at - left.at))
        marked = marked.slice(0, at) + text + marked.slice(at);
      return { code: `${marked}\nglobalThis.awaitLabels?.push(...${JSON.stringify(labels)});\n`, map: null };
    },
  };
}
