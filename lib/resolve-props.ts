import { RemovalPolicy, Token } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as route53 from 'aws-cdk-lib/aws-route53';
import type * as ses from 'aws-cdk-lib/aws-ses';
import type * as sns from 'aws-cdk-lib/aws-sns';
import * as z from 'zod';
import { OPTIONS, RETRY, THROTTLE, TOO_LATE, endsInSixHours, problemsOf } from './options.ts';
import type { IvyMailEventsProps } from './props.ts';

/** Accepts a token without a check, because its value is known only at deployment. */
function orToken<T extends z.ZodType>(schema: T) {
  return z.union([z.custom<z.output<T>>((value) => Token.isUnresolved(value)), schema]);
}

/** Refuses a token with its own message. Without this, the message would name the encoded number, such as -1.8881545897087626e+289. */
function withoutToken<T extends z.ZodType>(schema: T) {
  const known = z.custom<z.input<T>>((value) => !Token.isUnresolved(value), {
    error: 'is a token. The construct computes with this number, so its value must be known at synth',
    abort: true,
  });
  return known.pipe(schema as z.ZodType<z.output<T>, z.input<T>>);
}

/** Accepts an object of the CDK by the attribute that every implementation has. The error names the expected type. */
function construct<T>(attribute: keyof T & string, expected: string) {
  return z.custom<T>(
    (value) => typeof value === 'object' && value !== null && attribute in value,
    `is not ${expected}`,
  );
}

const RETAINING = [
  RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  RemovalPolicy.RETAIN,
  RemovalPolicy.DESTROY,
] as const;

const propsSchema = z.strictObject({
  retentionDays: orToken(OPTIONS.retentionDays.unwrap()).default(90),
  trackEngagement: OPTIONS.trackEngagement,
  retry: z
    .strictObject({
      firstDelaySeconds: withoutToken(RETRY.firstDelaySeconds.unwrap()).default(60),
      factor: withoutToken(RETRY.factor.unwrap()).default(5),
      count: withoutToken(RETRY.count.unwrap()).default(3),
    })
    .refine(endsInSixHours, TOO_LATE)
    .prefault({}),
  allowInsecureEndpoints: OPTIONS.allowInsecureEndpoints,
  alarmEmail: orToken(OPTIONS.alarmEmail.unwrap()).optional(),
  alarmTopic: construct<sns.ITopic>('topicArn', 'an SNS topic (ITopic)').optional(),
  domain: z
    .strictObject({
      name: orToken(OPTIONS.domain.unwrap().shape.name),
      certificate: construct<acm.ICertificate>('certificateArn', 'an ACM certificate (ICertificate)'),
      hostedZone: construct<route53.IHostedZone>(
        'hostedZoneId',
        'a Route 53 hosted zone (IHostedZone)',
      ).optional(),
    })
    .refine(
      ({ name, hostedZone }) => hostedZone === undefined || isInZone(name, zoneNameOf(hostedZone)),
      'the name is not in the hosted zone',
    )
    .optional(),
  configurationSet: construct<ses.IConfigurationSet>(
    'configurationSetName',
    'an SES configuration set (IConfigurationSet), such as ConfigurationSet.fromConfigurationSetName(this, "Set", "name")',
  ).optional(),
  encryptionKey: construct<kms.IKey>('keyArn', 'a KMS key (IKey)').optional(),
  logRetention: z
    .enum(logs.RetentionDays, 'is not a value of RetentionDays')
    .default(logs.RetentionDays.ONE_MONTH),
  accessLog: z
    .strictObject({
      destination: construct<apigateway.IAccessLogDestination>(
        'bind',
        'a destination of access logs (IAccessLogDestination)',
      ),
      format: z
        .instanceof(apigateway.AccessLogFormat, { error: 'is not an AccessLogFormat' })
        .default(() => apigateway.AccessLogFormat.jsonWithStandardFields()),
    })
    .optional(),
  autoSuppress: OPTIONS.autoSuppress,
  reputation: OPTIONS.reputation,
  throttle: z
    .strictObject({
      ratePerSecond: orToken(THROTTLE.ratePerSecond.unwrap()).default(100),
      burst: orToken(THROTTLE.burst.unwrap()).default(200),
    })
    .prefault({}),
  deliverConcurrency: orToken(OPTIONS.deliverConcurrency.unwrap()).optional(),
  consumerConcurrency: orToken(OPTIONS.consumerConcurrency.unwrap()).optional(),
  tracing: OPTIONS.tracing,
  removalPolicy: z
    .enum(RETAINING, 'is not RETAIN_ON_UPDATE_OR_DELETE, RETAIN or DESTROY')
    .default(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE),
});

/** The name of every prop. */
export const PROPS: ReadonlySet<string> = new Set(Object.keys(propsSchema.shape));

/** Props with every default applied. A number may be a token, unless it is in `retry`. */
export type ResolvedProps = z.output<typeof propsSchema>;

/** The values that the parts of the construct share. */
export interface Settings extends ResolvedProps {
  /** Unique in the account and region. See `claimName`. */
  readonly name: string;
  /** The CloudWatch namespace in which the functions publish metrics and the alarms read them. */
  readonly metricsNamespace: string;
}

/** The name of a zone. Undefined for a zone of `HostedZone.fromHostedZoneId`, which knows only its id and throws. */
function zoneNameOf(zone: route53.IHostedZone): string | undefined {
  try {
    return zone.zoneName;
  } catch {
    return undefined;
  }
}

function isInZone(name: string, zoneName: string | undefined): boolean {
  if (zoneName === undefined || Token.isUnresolved(name) || Token.isUnresolved(zoneName)) return true;
  // DNS ignores case, and Route 53 itself writes a dot at the end.
  const zone = zoneName.toLowerCase().replace(/\.$/, '');
  return name === zone || name.endsWith(`.${zone}`);
}

/** Applies the defaults. Throws an Error that names each prop that is invalid or unknown. */
export function resolveProps(props: IvyMailEventsProps): ResolvedProps {
  const parsed = propsSchema.safeParse(props);
  if (parsed.success) return parsed.data;
  throw new Error(
    `IvyMail Events cannot be built with these props.\n  ${problemsOf(parsed.error, 'prop').join('\n  ')}`,
  );
}
