/** Makes every variant of a condition that leaves a part out or moves a boundary. */
import { tokens } from '../../../sim/table.ts';

type Node =
  | { readonly kind: 'OR' | 'AND'; readonly parts: readonly Node[] }
  | { readonly kind: 'NOT'; readonly part: Node }
  | { readonly kind: 'IN'; readonly operand: string; readonly options: readonly string[] }
  | { readonly kind: 'compare'; readonly left: string; readonly operator: string; readonly right: string }
  | { readonly kind: 'call'; readonly text: string };

/** A changed condition. */
export interface Change {
  readonly description: string;
  /** Undefined if the change removes the whole condition. */
  readonly text: string | undefined;
}

/** Fails for every row. */
export const NEVER = 'attribute_exists(pk) AND attribute_not_exists(pk)';

/** The same comparison with or without equality. Only a test of the exact boundary notices the difference. */
const NEIGHBORS: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };
const OPERATORS = new Set([...Object.keys(NEIGHBORS), '=', '<>']);

export function parseCondition(text: string): Node {
  const remaining = [...tokens(text)];
  const take = (): string => {
    const token = remaining.shift();
    if (token === undefined) throw new Error(`The condition ends early: ${text}`);
    return token;
  };
  const expect = (expected: string): void => {
    const token = take();
    if (token !== expected) throw new Error(`${token} instead of ${expected} in the condition: ${text}`);
  };

  function joined(kind: 'OR' | 'AND', next: () => Node): Node {
    const parts = [next()];
    while (remaining[0] === kind) {
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
    if (remaining[0] === '(') {
      const end = remaining.indexOf(')');
      return { kind: 'call', text: `${token}${remaining.splice(0, end + 1).join('')}` };
    }
    const operator = take();
    if (operator === 'IN') {
      expect('(');
      const options = [take()];
      while (remaining[0] === ',') {
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
  if (remaining.length > 0)
    throw new Error(`Unexpected ${remaining.join(' ')} at the end of the condition: ${text}`);
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

/** Every variant of the node with one part left out or one boundary moved. */
function variantsOf(node: Node): readonly { readonly description: string; readonly node: Node }[] {
  if (node.kind === 'call') return [];
  if (node.kind === 'compare') {
    const neighbor = NEIGHBORS[node.operator];
    if (neighbor === undefined) return [];
    return [{ description: `"${print(node)}" with ${neighbor}`, node: { ...node, operator: neighbor } }];
  }
  if (node.kind === 'IN') {
    if (node.options.length === 1) return [];
    return node.options.map((option) => ({
      description: `"${print(node)}" without ${option}`,
      node: { ...node, options: node.options.filter((each) => each !== option) },
    }));
  }
  if (node.kind === 'NOT')
    return [
      { description: `"${print(node)}" without NOT`, node: node.part },
      ...variantsOf(node.part).map(({ description, node: part }) => ({
        description,
        node: { kind: 'NOT' as const, part },
      })),
    ];
  const { kind, parts } = node;
  return parts.flatMap((part, index) => {
    const remainingParts = parts.filter((_, at) => at !== index);
    const [only] = remainingParts;
    return [
      {
        description: `without "${print(part)}"`,
        node: only && remainingParts.length === 1 ? only : { kind, parts: remainingParts },
      },
      ...variantsOf(part).map((change) => ({
        description: change.description,
        node: { kind, parts: parts.with(index, change.node) },
      })),
    ];
  });
}

/** Every change of a condition. A test must fail for each of them. */
export function changesOf(text: string): readonly Change[] {
  return [
    { description: 'no condition at all', text: undefined },
    { description: 'a condition that never holds', text: NEVER },
    ...variantsOf(parseCondition(text)).map(({ description, node }) => ({ description, text: print(node) })),
  ];
}
