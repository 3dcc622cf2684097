import { Aws, Lazy, Stack } from 'aws-cdk-lib';
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
 * The name of the stack. In the stack itself it is `AWS::StackName`, so one template can be deployed under several names. The metrics and
 * alarms of a deployment can be used in another stack, where `AWS::StackName` would be the name of that stack.
 */
function nameOf(stack: Stack): string {
  return Lazy.uncachedString({
    produce: ({ scope }) => (Stack.of(scope) === stack ? Aws.STACK_NAME : stack.stackName),
  });
}

/** The length of a path in a name. A name of an alarm has 255 characters: 128 of the stack, and up to 25 of the alarm. */
const MAX_PATH = 100;

/** The path of a construct with the characters that alarms and metric namespaces accept. A path that is changed ends with a hash. */
function pathForNames(deployment: Construct): string {
  const path = pathInStack(deployment);
  const accepted = path.replaceAll(/[^\w/.-]/g, '_');
  if (accepted === path && path.length <= MAX_PATH) return path;
  const hash = deployment.node.addr.slice(-8);
  return `${accepted.slice(0, MAX_PATH - hash.length - 1)}-${hash}`;
}

/**
 * The name of a deployment, which is unique in its account and region: the name of the stack for the first construct of the stack, and
 * the name of the stack with the path of the construct for every later one. The name of a stack contains no slash, so no
 * other stack has such a name. Call this once per construct, before its children are created.
 */
export function claimName(deployment: Construct): string {
  const first = isFirstOfStack(deployment);
  Object.defineProperty(deployment, DEPLOYMENT, { value: true });
  const stackName = nameOf(Stack.of(deployment));
  return first ? stackName : `${stackName}/${pathForNames(deployment)}`;
}
