import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/core/env.ts';
import { INDEX, KEY_ATTRIBUTES, PROJECTED_ATTRIBUTES } from '../lambdas/store/keys.ts';

export interface EventTableProps {
  readonly removalPolicy: RemovalPolicy;
}

export interface TableAccess {
  readonly actions: readonly `dynamodb:${string}`[];
  /** Whether the function queries the indexes. The only permission on an index is `dynamodb:Query`. */
  readonly queriesIndexes?: boolean;
}

/**
 * The only table. lambdas/store/keys.ts explains its keys. Every webhook begins with a new row in the table's stream: an event
 * or a command. The one exception is `POST /v1/webhooks/{id}/test`, which sends a sample event without a row.
 */
export class EventTable extends Construct {
  readonly table: dynamodb.TableV2;
  /** The stream of new images, in the order in which the rows of a partition were written. */
  readonly streamArn: string;

  constructor(scope: Construct, id: string, props: EventTableProps) {
    super(scope, id);

    const string = (name: string): dynamodb.Attribute => ({ name, type: dynamodb.AttributeType.STRING });
    const index = (indexName: string, partitionKey: string): dynamodb.GlobalSecondaryIndexPropsV2 => ({
      indexName,
      partitionKey: string(partitionKey),
      sortKey: string(KEY_ATTRIBUTES.sk),
      projectionType: dynamodb.ProjectionType.INCLUDE,
      nonKeyAttributes: [...PROJECTED_ATTRIBUTES],
    });
    const retained = props.removalPolicy !== RemovalPolicy.DESTROY;
    this.table = new dynamodb.TableV2(this, 'Table', {
      partitionKey: string(KEY_ATTRIBUTES.pk),
      sortKey: string(KEY_ATTRIBUTES.sk),
      globalSecondaryIndexes: [index(INDEX.g1, KEY_ATTRIBUTES.g1pk), index(INDEX.g2, KEY_ATTRIBUTES.g2pk)],
      billing: dynamodb.Billing.onDemand(),
      timeToLiveAttribute: KEY_ATTRIBUTES.ttl,
      dynamoStream: dynamodb.StreamViewType.NEW_IMAGE,
      // The AWS managed key of the account. Its use is visible in CloudTrail. DynamoDB calls KMS once in five minutes for
      // each caller, which costs cents a month. A customer managed key would cost $1 a month, and its deletion would destroy
      // the table.
      encryption: dynamodb.TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: retained,
      // DynamoDB refuses to delete a protected table. With RetainExceptOnCreate, the rollback of a failed first deployment would try
      // it and fail. So the rollback leaves the empty table, which costs nothing (docs/adr/0029-construct.md).
      removalPolicy: retained ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    if (this.table.tableStreamArn === undefined) throw new Error('The table has no stream');
    this.streamArn = this.table.tableStreamArn;
  }

  /** Grants permission to read every row, by key and by index. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'],
      resourceArns: [this.table.tableArn, ...this.indexArns()],
    });
  }

  /** Grants access to the table, and sets its name in the environment. */
  grantAccess(fn: lambda.Function, access: TableAccess): void {
    fn.addEnvironment(ENV.tableName, this.table.tableName);
    fn.addToRolePolicy(
      new iam.PolicyStatement({ actions: [...access.actions], resources: [this.table.tableArn] }),
    );
    if (!access.queriesIndexes) return;
    fn.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['dynamodb:Query'],
        resources: this.indexArns(),
      }),
    );
  }

  private indexArns(): string[] {
    return Object.values(INDEX).map((name) => `${this.table.tableArn}/index/${name}`);
  }
}
