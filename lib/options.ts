import type { Node } from 'constructs';
import * as z from 'zod';

export const RETRY = {
  firstDelaySeconds: z.int().min(1).default(60),
  factor: z.number().min(1).default(5),
  // An event's row is stored for at least 7 days (168 h), and the event's own deliveries must end before that. With 4
  // retries, each of the 5 attempts can have a day of internal errors, and each retry has a delay of up to 6 h:
  // 5 × 24 h + 4 × 6 h = 144 h.
  count: z.int().min(0).max(4).default(3),
};

export const TOO_LATE = 'the delay before the last retry is longer than 6 h (21600 s)';

export function endsInSixHours(retry: Readonly<Record<keyof typeof RETRY, number>>): boolean {
  return retry.firstDelaySeconds * retry.factor ** Math.max(0, retry.count - 1) <= 21_600;
}

export const THROTTLE = {
  ratePerSecond: z.int().min(1).max(10_000).default(100),
  burst: z.int().min(1).max(5000).default(200),
};

/**
 * Every option of the stack of this project, with its check and its default. The options are values of the CDK context
 * (`-c retentionDays=30`), so they are text, numbers and JSON. `resolveProps` uses the same checks for the props of the construct.
 */
export const OPTIONS = {
  /**
   * Days for which an event is stored, counted from the time of the event.
   * @default 90
   */
  retentionDays: z.int().min(1).max(3650).default(90),

  /**
   * Lets SES rewrite links and add a tracking pixel, which produces the events `opened` and `clicked`.
   * @default false
   */
  trackEngagement: z.boolean().default(false),

  /**
   * Retries after the first attempt. The delay before retry n is `firstDelaySeconds * factor ** (n - 1)`, ±20 %.
   * @default { firstDelaySeconds: 60, factor: 5, count: 3 }
   */
  retry: z.strictObject(RETRY).refine(endsInSixHours, TOO_LATE).prefault({}),

  /**
   * Allows webhook endpoints with http:// URLs and with loopback addresses. For a local run, never for production.
   * @default false
   */
  allowInsecureEndpoints: z.boolean().default(false),

  /**
   * Email address that receives the alarms. AWS sends it a confirmation request.
   * @default - none. You can subscribe to the alarm topic later
   */
  alarmEmail: z.email().optional(),

  /**
   * A custom domain for the API.
   * @default - the URL that API Gateway assigns
   */
  domain: z
    .strictObject({
      /** `events.example.com` */
      name: z.string().regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/, 'not a domain name'),
      /** ARN of an ACM certificate for the domain, in the region of the stack. */
      certificateArn: z.string().regex(/^arn:[a-z-]+:acm:/, 'not the ARN of an ACM certificate'),
      /** Id of the Route 53 hosted zone in which the record is created. */
      hostedZoneId: z.string().regex(/^Z[A-Z0-9]+$/, 'not the id of a hosted zone'),
    })
    .optional(),

  /**
   * Name of an existing SES configuration set whose events are recorded.
   * @default - a new configuration set, which is retained when the stack is destroyed
   */
  configurationSet: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'not the name of a configuration set')
    .optional(),

  /**
   * The events that add a recipient to the suppression list of the workspace.
   * @default { hardBounces: true, complaints: true }
   */
  autoSuppress: z
    .strictObject({
      hardBounces: z.boolean().default(true),
      complaints: z.boolean().default(true),
    })
    .prefault({}),

  /**
   * What the reputation guard may change in SES. With `pauseConfigurationSet`, a pause of the default workspace, or of the
   * configuration set of the deployment in this workspace, also makes SES refuse email that is sent with this configuration set without
   * the API. A resume lets SES accept it again.
   * @default { pauseConfigurationSet: false }
   */
  reputation: z.strictObject({ pauseConfigurationSet: z.boolean().default(false) }).prefault({}),

  /**
   * Requests per second that the API accepts, over all keys. Further requests get 429.
   * @default { ratePerSecond: 100, burst: 200 }
   */
  throttle: z.strictObject(THROTTLE).prefault({}),

  /**
   * Reserved concurrency of the deliver function: how many attempts can run at the same time. It limits how much of the
   * account's concurrency a hanging receiver can use. AWS refuses a value that leaves fewer than 100 for the account.
   * @default - no reserved concurrency
   */
  deliverConcurrency: z.int().min(1).optional(),

  /**
   * Limits how many invocations the queue and the stream cause at the same time, for an account with few concurrent Lambda
   * executions. Ingest has at most this number. Dispatch has at most 1 per shard of the stream instead of 4. Tally always has
   * at most 1 per shard. Deliver has at most 2 per endpoint. Events wait longer in a burst, and none is lost. SQS accepts no limit
   * below 2.
   * @default - 50 for ingest, 4 per shard for dispatch, and no limit per endpoint for deliver
   */
  consumerConcurrency: z.int().min(2).max(1000).optional(),

  /**
   * Traces the executions of the three state machines with AWS X-Ray. In a trickle, X-Ray records every execution, which costs
   * up to $5 per million webhooks.
   * @default false
   */
  tracing: z.boolean().default(false),

  /**
   * Whether the table and the KMS key are retained or destroyed with the stack.
   * @default 'retain'
   */
  removalPolicy: z.enum(['retain', 'destroy']).default('retain'),
};

const optionsSchema = z.strictObject(OPTIONS);

/** The options that a user can set. All are optional. */
export type StackOptions = z.input<typeof optionsSchema>;

/** Options with every default applied. */
export type ResolvedOptions = z.output<typeof optionsSchema>;

/** Applies the defaults. Throws an Error that names each option that is invalid or unknown. */
export function resolveOptions(options: StackOptions): ResolvedOptions {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new Error(
    `IvyMail Events cannot be built with these options.\n  ${problemsOf(parsed.error, 'option').join('\n  ')}`,
  );
}

/** One line for each problem: the path of the value, and what is wrong with it. `noun` names an unknown value. */
export function problemsOf(error: Pick<z.ZodError, 'issues'>, noun: 'option' | 'prop'): readonly string[] {
  const describe = (issues: readonly z.core.$ZodIssue[], above: readonly PropertyKey[]): readonly string[] =>
    issues.flatMap((issue) => {
      const path = [...above, ...issue.path];
      if (issue.code === 'unrecognized_keys')
        return issue.keys.map((key) => `${[...path, key].join('.')}: there is no such ${noun}`);
      // The last member of a union is the one for values that are known.
      if (issue.code === 'invalid_union') return describe(issue.errors.at(-1) ?? [], path);
      return [`${path.join('.')}: ${issue.message}`];
    });
  return describe(error.issues, []);
}

/** Context values of `-c` are strings. A string that the option does not accept is parsed as JSON. */
function parseContextValue(name: string, value: unknown): unknown {
  const option: z.ZodType | undefined = OPTIONS[name as keyof StackOptions];
  if (typeof value !== 'string' || option === undefined || option.safeParse(value).success) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * Returns the options in the CDK context of an app. A plain word that is not an option is included, so that
 * `resolveOptions` refuses it. Names that belong to the CDK or to a plugin contain a colon, a slash or a dash.
 */
export function optionsFromContext(node: Pick<Node, 'getAllContext'>): StackOptions {
  const context = node.getAllContext() as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(context)
      .filter(([name]) => /^\w+$/.test(name))
      .map(([name, value]) => [name, parseContextValue(name, value)]),
  );
}
