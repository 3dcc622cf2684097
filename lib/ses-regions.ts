import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * The regions in which CloudFormation does not know `AWS::SES::ConfigurationSet` and
 * `AWS::SES::ConfigurationSetEventDestination`. A region that is not in this list is accepted, because AWS adds regions.
 * Source: the resource types of each region in the data of cfn-lint 1.58.0, which come from the CloudFormation registry
 * (https://github.com/aws-cloudformation/cfn-lint/tree/main/src/cfnlint/data/schemas/providers), read on 2026-11-29.
 */
export const REGIONS_WITHOUT_SES: readonly string[] = [
  'ap-east-1',
  'ap-east-2',
  'ap-southeast-4',
  'ap-southeast-6',
  'ap-southeast-7',
  'cn-north-1',
  'cn-northwest-1',
  'eu-south-2',
  'mx-central-1',
];

/** Throws an Error if the region of the stack is known and CloudFormation cannot create the SES resources in it. */
export function requireSesRegion(scope: Construct): void {
  const { region } = Stack.of(scope);
  if (Token.isUnresolved(region) || !REGIONS_WITHOUT_SES.includes(region)) return;
  throw new Error(
    `IvyMail Events cannot be deployed in ${region}: CloudFormation has no SES configuration sets there. Choose another region`,
  );
}
