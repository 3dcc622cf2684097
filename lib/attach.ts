import { CfnResource } from 'aws-cdk-lib';
import * as ses from 'aws-cdk-lib/aws-ses';

/**
 * Makes a configuration set the default of an identity. Throws an Error if the identity is not a resource of the app, or if it
 * already has a default.
 */
export function attachConfigurationSet(identity: ses.IEmailIdentity, configurationSetName: string): void {
  const { path, defaultChild } = identity.node;
  // Not `instanceof`: an app can contain a second copy of the CDK.
  if (
    !CfnResource.isCfnResource(defaultChild) ||
    defaultChild.cfnResourceType !== ses.CfnEmailIdentity.CFN_RESOURCE_TYPE_NAME
  )
    throw new Error(
      `attach: ${path} is not created in this app, so the CDK cannot change it. After the deployment, run: npx ivymail-events attach IDENTITY`,
    );
  const resource = defaultChild as ses.CfnEmailIdentity;
  if (resource.configurationSetAttributes !== undefined)
    throw new Error(`attach: ${path} already has a configuration set. Remove its prop configurationSet`);
  resource.configurationSetAttributes = { configurationSetName };
}
