import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DESCRIPTION_LABEL, type DeploymentDescription } from '../lambdas/core/deployment-description.ts';

/** The path of a construct below its stack, such as `Mail`. */
export function pathInStack(construct: Construct): string {
  const { scopes } = construct.node;
  const stack = scopes.findLastIndex((scope) => Stack.isStack(scope));
  return scopes
    .slice(stack + 1)
    .map((scope) => scope.node.id)
    .join('/');
}

/** Adds the output from which the `ivymail-events` command reads the deployment. */
export function addDeploymentOutput(scope: Construct, description: DeploymentDescription): void {
  // oxlint-disable-next-line no-new -- creating a construct adds it to its scope
  new CfnOutput(scope, 'Deployment', {
    description: DESCRIPTION_LABEL,
    value: Stack.of(scope).toJsonString(description),
  });
}
