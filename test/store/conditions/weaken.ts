/** Every way in which a condition can be weakened, or made stricter, by leaving a part of it out. */
import { tokens } from '../../../sim/table.ts';

type Node =
  | { readonly kind: 'OR' | 'AND'; readonly parts: readonly Node[] }
  | { readonly kind: 'NOT'; readonly part: Node }
  | { readonly kind: 'IN'; readonly operand: string; readonly options: readonly string[] }
  | { readonly kind: 'compare'; readonly left: string; readonly operator: string; readonly right: string }
  | { readonly kind: 'call'; readonly text: string };

/** `text` is undefined where no condition is left. */
export interface Change {
  readonly what: string;
  readonly text: string | undefined;
}

/** No row has and lacks a key. */
const NEVER = 'attribute_exists(pk) AND attribute_not_exists(pk)';

/** With and without equality: a test of the boundary notices the other one. */
const NEIGHBORS: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };
const OPERATORS = new Set([...Object.keys(NEIGHBORS), '=', '<>']);

export function parseCondition(text: string): Node {
  const list = [...tokens(text)];
  const take = (): string => {
    const token = list.shift();
    if (token === undefined) throw new Error(`The condition ends early: ${text}`);
    return token;
  };
  const expect = (wanted: string): void => {
    const token = take();
    if (token !== wanted) throw new Error(`${token} instead of ${wanted} in the condition: ${text}`);
  };

  function joined(kind: 'OR' | 'AND', next: () => Node): Node {
    const parts = [next()];
    while (list[0] === kind) {
      take();
      parts.push(next());
    }
    const [only] = parts;
    return only && parts.length === 1 ? only : { kind, parts };
  }

  function condition(): Node {
    return joined('OR', () => joined('AND', term));
  }

  function term(): Node {
    const token = take();
    if (token === 'NOT') return { kind: 'NOT', part: term() };
    if (token === '(') {
      const inner = condition();
      expect(')');
      return inner;
    }
    if (list[0] === '(') {
      const end = list.indexOf(')');
      return { kind: 'call', text: `${token}${list.splice(0, end + 1).join('')}` };
    }
    const operator = take();
    if (operator === 'IN') {
      expect('(');
      const options = [take()];
      while (list[0] === ',') {
        take();
        options.push(take());
      }
      expect(')');
      return { kind: 'IN', operand: token, options };
    }
    if (!OPERATORS.has(operator)) throw new Error(`No rule for ${operator} in the condition: ${text}`);
    return { kind: 'compare', left: token, operator, right: take() };
  }

  const node = condition();
  if (list.length > 0) throw new Error(`${list.join(' ')} is left of the condition: ${text}`);
  return node;
}

export function print(node: Node): string {
  if (node.kind === 'call') return node.text;
  if (node.kind === 'compare') return `${node.left} ${node.operator} ${node.right}`;
  if (node.kind === 'IN') return `${node.operand} IN (${node.options.join(', ')})`;
  if (node.kind === 'NOT') return `NOT (${print(node.part)})`;
  return node.parts
    .map((part) => ('parts' in part ? `(${print(part)})` : print(part)))
    .join(` ${node.kind} `);
}

/** The node with one part left out or one boundary moved, in every way. */
function changed(node: Node): readonly { readonly what: string; readonly node: Node }[] {
  if (node.kind === 'call') return [];
  if (node.kind === 'compare') {
    const neighbor = NEIGHBORS[node.operator];
    if (neighbor === undefined) return [];
    return [{ what: `"${print(node)}" with ${neighbor}`, node: { ...node, operator: neighbor } }];
  }
  if (node.kind === 'IN') {
    if (node.options.length === 1) return [];
    return node.options.map((option) => ({
      what: `"${print(node)}" without ${option}`,
      node: { ...node, options: node.options.filter((each) => each !== option) },
    }));
  }
  if (node.kind === 'NOT')
    return [
      { what: `"${print(node)}" without NOT`, node: node.part },
      ...changed(node.part).map(({ what, node: part }) => ({ what, node: { kind: 'NOT' as const, part } })),
    ];
  const { kind, parts } = node;
  return parts.flatMap((part, index) => {
    const others = parts.filter((_, at) => at !== index);
    const [only] = others;
    return [
      {
        what: `without "${print(part)}"`,
        node: only && others.length === 1 ? only : { kind, parts: others },
      },
      ...changed(part).map((change) => ({
        what: change.what,
        node: { kind, parts: parts.with(index, change.node) },
      })),
    ];
  });
}

/** All changes of a condition; each is one that a test must notice. */
export function changesOf(text: string): readonly Change[] {
  return [
    { what: 'no condition at all', text: undefined },
    { what: 'a condition that never holds', text: NEVER },
    ...changed(parseCondition(text)).map(({ what, node }) => ({ what, text: print(node) })),
  ];
}
