import { Aws, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** Marks a deployment. A symbol of the registry also finds the constructs of another copy of the package. */
const DEPLOYMENT = Symbol.for('ivymail-events.IvyMailEvents');

/** The path of a construct below its stack, such as `Mail`. */
export function pathInStack(construct: Construct): string {
  const { scopes } = construct.node;
  const stack = scopes.findLastIndex((scope) => Stack.isStack(scope));
  return scopes
    .slice(stack + 1)
    .map((scope) => scope.node.id)
    .join('/');
}

function isFirstOfStack(deployment: Construct): boolean {
  const stack = Stack.of(deployment);
  return !stack.node
    .findAll()
    .some((other) => other !== deployment && DEPLOYMENT in other && Stack.of(other) === stack);
}

/**
 * The name of a deployment, which is unique in its account and region: the name of the stack for the first construct of the stack, and
 * the name of the stack with the path of the construct for every later one. The name of a stack contains no slash, so no
 * other stack has such a name. Call this once per construct, before its children are created.
 */
export function claimName(deployment: Construct): string {
  const first = isFirstOfStack(deployment);
  Object.defineProperty(deployment, DEPLOYMENT, { value: true });
  if (first) return Aws.STACK_NAME;
  // The names of alarms and metric namespaces accept these characters only.
  const path = pathInStack(deployment).replaceAll(/[^\w/.-]/g, '_');
  return `${Aws.STACK_NAME}/${path}`;
}
