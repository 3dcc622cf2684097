import type { Node } from 'constructs';
import * as z from 'zod';

/**
 * Every option of the stack. It is the one place where they are named, checked and given defaults: props of the
 * construct and values of the CDK context (`-c retentionDays=30`) both go through it.
 */
const optionsSchema = z.strictObject({
  /**
   * Days an event is kept, counted from its own time.
   * @default 90
   */
  retentionDays: z.int().min(1).max(3650).default(90),

  /**
   * Asks SES to rewrite links and add a pixel, so that `opened` and `clicked` exist.
   * @default false
   */
  trackEngagement: z.boolean().default(false),

  /**
   * Retries after the first attempt: the nth waits `firstDelaySeconds * factor ** (n - 1)`, ±20 %.
   * @default { firstDelaySeconds: 60, factor: 5, count: 3 }
   */
  retry: z
    .strictObject({
      firstDelaySeconds: z.int().min(1).default(60),
      factor: z.number().min(1).default(5),
      // An event's row outlives 7 days of deliveries: at most 6 h and a day of faults of our own before each attempt.
      count: z.int().min(0).max(4).default(3),
    })
    .refine(
      ({ firstDelaySeconds, factor, count }) =>
        firstDelaySeconds * factor ** Math.max(0, count - 1) <= 21_600,
      {
        error: 'the last retry would wait longer than 6 h (21600 s)',
      },
    )
    .prefault({}),

  /**
   * Allows webhook endpoints with http:// URLs and with loopback addresses. For a local run, never for production.
   * @default false
   */
  allowInsecureEndpoints: z.boolean().default(false),

  /**
   * Address that alarms are mailed to; AWS asks it to confirm.
   * @default - nobody; the alarm topic can be subscribed to later
   */
  alarmEmail: z.email().optional(),

  /**
   * A name of one's own for the API.
   * @default - the address API Gateway gives
   */
  domain: z
    .strictObject({
      /** `events.example.com` */
      name: z.string().regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/, 'not a domain name'),
      /** ARN of an ACM certificate for it, in the region of the stack. */
      certificateArn: z.string().regex(/^arn:[a-z-]+:acm:/, 'not the ARN of an ACM certificate'),
      /** Id of the Route 53 zone that gets its record. */
      hostedZoneId: z.string().regex(/^Z[A-Z0-9]+$/, 'not the id of a hosted zone'),
    })
    .optional(),

  /**
   * Name of an SES configuration set that exists, to take events from.
   * @default - a new one, kept when the stack is destroyed
   */
  configurationSet: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'not the name of a configuration set')
    .optional(),

  /**
   * What puts a recipient on the workspace's suppression list.
   * @default { hardBounces: true, complaints: true }
   */
  autoSuppress: z
    .strictObject({
      hardBounces: z.boolean().default(true),
      complaints: z.boolean().default(true),
    })
    .prefault({}),

  /**
   * Requests a second the API takes, over all keys; more answer 429.
   * @default { ratePerSecond: 100, burst: 200 }
   */
  throttle: z
    .strictObject({
      ratePerSecond: z.int().min(1).max(10_000).default(100),
      burst: z.int().min(1).max(5000).default(200),
    })
    .prefault({}),

  /**
   * Attempts at once, taken from the account's invocations of Lambda and kept for them: what a receiver that hangs can use up.
   * AWS refuses one that leaves the account fewer than 100.
   * @default - as many as the account has
   */
  deliverConcurrency: z.int().min(1).optional(),

  /**
   * What becomes of the table and the secrets' key when the stack is destroyed.
   * @default 'retain'
   */
  removalPolicy: z.enum(['retain', 'destroy']).default('retain'),
});

/** Options as a person gives them: all optional. */
export type StackOptions = z.input<typeof optionsSchema>;

/** Options with every default applied. */
export type ResolvedOptions = z.output<typeof optionsSchema>;

/** Applies the defaults; throws an Error that names each option that is wrong or unknown. */
export function resolveOptions(options: StackOptions): ResolvedOptions {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => `${[...issue.path, key].join('.')}: there is no such option`)
      : [`${issue.path.join('.')}: ${issue.message}`],
  );
  throw new Error(`IvyMail Events cannot be built with these options.\n  ${problems.join('\n  ')}`);
}

/** Context values of `-c` are text: one that its option does not take as text is read as JSON. */
function readValue(name: string, value: unknown): unknown {
  const option = optionsSchema.shape[name as keyof StackOptions];
  if (typeof value !== 'string' || option === undefined || option.safeParse(value).success) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * The options in the CDK context of an app. A plain word that is no option is passed on, and so refused: names that
 * belong to the CDK or to a plugin have a colon, a slash or a dash in them.
 */
export function optionsFromContext(node: Pick<Node, 'getAllContext'>): StackOptions {
  const context = node.getAllContext() as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(context)
      .filter(([name]) => /^\w+$/.test(name))
      .map(([name, value]) => [name, readValue(name, value)]),
  );
}
