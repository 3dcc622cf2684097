import { Duration, Size, Tokenization } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as targets from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { PUBLIC_PATHS } from '../lambdas/api/public-paths.ts';
import { ENV } from '../lambdas/core/env.ts';
import type { EventSource } from './event-source.ts';
import type { EventTable } from './event-table.ts';
import { addGatewayResponses } from './gateway-responses.ts';
import { createIvyFunction, grantPutMetrics } from './ivy-function.ts';
import type { Settings } from './resolve-props.ts';
import type { SecretsKey } from './secrets-key.ts';

export interface RestApiProps {
  readonly source: EventSource;
  readonly table: EventTable;
  readonly secretsKey: SecretsKey;
  readonly options: Pick<
    Settings,
    | 'name'
    | 'metricsNamespace'
    | 'retentionDays'
    | 'retry'
    | 'reputation'
    | 'allowInsecureEndpoints'
    | 'throttle'
    | 'domain'
    | 'accessLog'
    | 'logRetention'
  >;
}

/** The API: an authorizer that finds the workspace of an API key, and one function that serves every route. */
export class RestApi extends Construct {
  readonly api: apigateway.RestApi;
  readonly function: lambda.Function;
  readonly authorizer: lambda.Function;
  /** Base URL of the API, with a slash at the end. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: RestApiProps) {
    super(scope, id);
    const { options } = props;

    this.authorizer = this.createAuthorizer(props);
    this.function = this.createFunction(props);
    this.api = new apigateway.RestApi(this, 'Api', {
      // Metrics identify an API by its name only. Without this name, all APIs of the account with the CDK's default name would
      // share their metrics.
      restApiName: options.name,
      description: 'IvyMail Events',
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      // An account has only one such role for all its APIs, so a stack must not set it. Therefore there is no access log by
      // default (docs/adr/0011-no-api-gateway-access-log.md).
      cloudWatchRole: false,
      minCompressionSize: Size.kibibytes(1),
      deployOptions: {
        stageName: 'prod',
        throttlingRateLimit: options.throttle.ratePerSecond,
        throttlingBurstLimit: options.throttle.burst,
        ...(options.accessLog && {
          accessLogDestination: options.accessLog.destination,
          accessLogFormat: options.accessLog.format,
        }),
      },
    });
    this.addRoutes();
    addGatewayResponses(this.api);
    // The stack has its own output for the URL, so the output that the CDK adds for every API is removed.
    this.api.node.tryRemoveChild('Endpoint');
    this.url = options.domain ? this.addCustomDomain(options.domain) : this.api.url;
  }

  private addRoutes(): void {
    const integration = new apigateway.LambdaIntegration(this.function, { allowTestInvoke: false });
    const withAuthorizer = { authorizer: this.addAuthorizer() };
    const { root } = this.api;
    const v1 = root.resourceForPath('/v1');
    // Every resource has a method. On a resource without one, API Gateway treats `Authorization: Bearer` as an invalid AWS
    // signature and responds with 403 instead of 404.
    v1.addMethod('ANY', integration, withAuthorizer);
    // /v1 needs its own proxy resource: without it, a path below /v1 would match the public proxy resource of the root.
    v1.addResource('{proxy+}').addMethod('ANY', integration, withAuthorizer);
    for (const path of PUBLIC_PATHS) root.resourceForPath(path).addMethod('ANY', integration);
  }

  /** The key is in one of two headers, so API Gateway can neither require a header nor cache the result by a header (ADR 0023). */
  private addAuthorizer(): apigateway.RequestAuthorizer {
    const authorizer = new apigateway.RequestAuthorizer(this, 'ApiKeyAuthorizer', {
      handler: this.authorizer,
      identitySources: [],
      resultsCacheTtl: Duration.seconds(0),
    });
    // The CDK renders an empty list of sources as '', which API Gateway refuses.
    (authorizer.node.defaultChild as apigateway.CfnAuthorizer).addPropertyDeletionOverride('IdentitySource');
    return authorizer;
  }

  private createAuthorizer({ table, options }: RestApiProps): lambda.Function {
    const authorizer = createIvyFunction(this, 'Authorizer', {
      handler: 'authorizer',
      description: 'Finds the workspace of an API key',
      timeoutSeconds: 5,
      // The authorizer reads one row. More memory only shortens the cold start.
      memoryMb: 512,
      logRetention: options.logRetention,
    });
    table.grantAccess(authorizer, { actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'] });
    return authorizer;
  }

  private createFunction({ source, table, secretsKey, options }: RestApiProps): lambda.Function {
    const fn = createIvyFunction(this, 'Function', {
      handler: 'api',
      description: 'Serves every route of the API',
      // API Gateway waits at most 29 s.
      timeoutSeconds: 29,
      // A person waits for the response, and an email of 4 MiB is parsed and encoded several times.
      memoryMb: 1024,
      logRetention: options.logRetention,
    });
    table.grantAccess(fn, {
      actions: [
        'dynamodb:GetItem',
        'dynamodb:BatchGetItem',
        'dynamodb:Query',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
        'dynamodb:BatchWriteItem',
      ],
      queriesIndexes: true,
    });
    secretsKey.grantUse(fn, ['kms:Encrypt', 'kms:Decrypt']);
    source.enableSending(fn);
    source.grantDeleteSuppression(fn);
    source.grantReadAccount(fn);
    grantPutMetrics(fn, options.metricsNamespace);
    fn.addEnvironment(ENV.retentionDays, Tokenization.stringifyNumber(options.retentionDays));
    fn.addEnvironment(ENV.retry, JSON.stringify(options.retry));
    fn.addEnvironment(ENV.reputation, JSON.stringify(options.reputation));
    fn.addEnvironment(ENV.allowInsecureEndpoints, String(options.allowInsecureEndpoints));
    return fn;
  }

  private addCustomDomain(domain: NonNullable<Settings['domain']>): string {
    const name = this.api.addDomainName('Domain', {
      domainName: domain.name,
      certificate: domain.certificate,
      endpointType: apigateway.EndpointType.REGIONAL,
      securityPolicy: apigateway.SecurityPolicy.TLS_1_2,
    });
    if (domain.hostedZone)
      // oxlint-disable-next-line no-new -- creating a construct adds it to its scope
      new route53.ARecord(this, 'Record', {
        zone: domain.hostedZone,
        // With a dot at the end, the CDK does not append the name of the zone.
        recordName: `${domain.name}.`,
        target: route53.RecordTarget.fromAlias(new targets.ApiGatewayDomain(name)),
      });
    return `https://${domain.name}/`;
  }
}
