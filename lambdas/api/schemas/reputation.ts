import * as z from 'zod/mini';
import { MIN_RATE_LIMIT, RATE_LIMIT_RULE } from '../../core/reputation/change-limits.ts';
import {
  DEFAULT_REPUTATION_MODE,
  REPUTATION_METRICS,
  REPUTATION_MODES,
  REPUTATION_STATES,
  REPUTATION_WINDOWS,
} from '../../core/reputation/types.ts';
import { idOf, rangeTime, rfc3339 } from './common.ts';
import { documented, named } from './documented.ts';

const WHO =
  'Id of the API key that changed the state, `cli` for the command `ivymail-events reputation`, or `guard`.';
const DEFAULT_GRACE_HOURS = 24;
const MAX_GRACE_HOURS = 168;
/** The length of a dry run without `after`, and the longest one. */
export const DRY_RUN_DAYS = 30;
export const MAX_DRY_RUN_DAYS = 31;

const state = named('ReputationState', z.enum(REPUTATION_STATES), {
  description:
    '`ok`: every rate is below its limits. `warning`: a rate has reached a limit. `paused`, until a person resumes: `POST /v1/send` refuses every email with 409 `reputation_paused`, if this is the state of the workspace or of the configuration set of the deployment.',
});
const mode = named('ReputationMode', z.enum(REPUTATION_MODES), {
  description: `\`off\`: the guard does not evaluate the rates. \`watch\`: the guard warns and never pauses. \`pause\`: the guard warns, and pauses at the pause limits. The default is \`${DEFAULT_REPUTATION_MODE}\`.`,
});

const count = z.int().check(z.minimum(0));
const rate = documented(z.nullable(z.number()), 'A share of 1. Null if the denominator is 0.');

/** The name of a configuration set: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateConfigurationSet.html */
const setName = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be the name of a configuration set'));
const configurationSet = documented(
  z.optional(setName),
  'The configuration set. Default: the whole workspace.',
  'newsletter',
);
const scopeName = documented(z.nullable(z.string()), 'The configuration set. Null for the whole workspace.');

/** A limit of a rate, as a share of 1. */
const share = z.number().check(z.gte(MIN_RATE_LIMIT, RATE_LIMIT_RULE), z.lte(1, RATE_LIMIT_RULE));
const volume = z.int().check(z.minimum(1));

const rateLimits = named(
  'ReputationRateLimits',
  z.strictObject({
    warning: documented(share, 'The rate at which the guard warns.'),
    pause: documented(share, 'The rate at which the guard pauses. More than `warning`.'),
    min_count: documented(
      volume,
      'The guard ignores the rate if there are fewer bounces or complaints than this.',
    ),
  }),
  { description: 'The limits of one rate in one window.' },
);
const windowLimits = named(
  'ReputationWindowLimits',
  z.strictObject({
    min_sent: documented(volume, 'The guard ignores a rate whose denominator is less than this.'),
    bounce: documented(rateLimits, 'The limits of bounced ÷ sent.'),
    complaint: documented(rateLimits, 'The limits of complained ÷ delivered.'),
  }),
  { description: 'The limits of one window.' },
);
const limits = named('ReputationLimits', z.strictObject({ hour: windowLimits, day: windowLimits }), {
  description:
    'The limits of the guard. `hour` is the current hour and the hour before. `day` is the last 24 hours, in whole hours.',
});

const ratePatch = z.strictObject({
  warning: z.optional(share),
  pause: z.optional(share),
  min_count: z.optional(volume),
});
const windowPatch = z.strictObject({
  min_sent: z.optional(volume),
  bounce: z.optional(ratePatch),
  complaint: z.optional(ratePatch),
});
const limitsPatch = named(
  'ReputationLimitsChange',
  z.strictObject({ hour: z.optional(windowPatch), day: z.optional(windowPatch) }),
  { description: 'The limits to change. A limit that is left out keeps its value.' },
);

/** Body of PATCH /v1/reputation. */
export const updateReputationBody = named(
  'UpdateReputationRequest',
  z
    .strictObject({
      mode: documented(z.optional(mode), 'What the guard may do.', 'pause'),
      limits: documented(
        z.optional(z.nullable(limitsPatch)),
        'The limits to change. Null sets every limit to its default.',
        { hour: { bounce: { pause: 0.08 } } },
      ),
    })
    .check(z.refine((changes) => Object.keys(changes).length > 0, 'must contain a field to change')),
);

/** Body of POST /v1/reputation/pause. */
export const pauseBody = named('PauseRequest', z.strictObject({ configuration_set: configurationSet }));

/** Body of POST /v1/reputation/resume. */
export const resumeBody = named(
  'ResumeRequest',
  z.strictObject({
    configuration_set: configurationSet,
    grace_hours: documented(
      z._default(z.int().check(z.minimum(0), z.maximum(MAX_GRACE_HOURS)), DEFAULT_GRACE_HOURS),
      'How long complaints cannot pause the stream again, in hours. Complaints about emails before the resume can arrive days later.',
      24,
    ),
  }),
);

export const reputationReason = named(
  'ReputationReason',
  z.strictObject({
    window: z.enum(REPUTATION_WINDOWS),
    metric: z.enum(REPUTATION_METRICS),
    severity: documented(
      z.enum(['warning', 'pause']),
      'Which limit the rate has reached. In the mode `watch`, `pause` means that the mode `pause` would have paused.',
    ),
    rate: documented(z.number(), 'The rate in the window, as a share of 1.', 0.12),
    limit: documented(z.number(), 'The limit that the rate has reached.', 0.1),
    count: documented(count, 'Number of bounces or complaints in the window.', 120),
    volume: documented(count, 'The denominator of the rate: emails sent, or delivered.', 1000),
  }),
  { description: 'A rate that has reached a limit.' },
);
const reasons = documented(
  z.array(reputationReason),
  'Why the stream has this state. Empty if the state is `ok`, or if a person changed it.',
);

const windowJson = named(
  'ReputationWindow',
  z.strictObject({
    window: z.enum(REPUTATION_WINDOWS),
    after: documented(
      rfc3339,
      'The start of the window: a full hour, or the last resume. The counts contain no event that was counted before the last resume.',
    ),
    before: rfc3339,
    sent: count,
    delivered: count,
    bounced: count,
    complained: count,
    bounce_rate: documented(rate, 'bounced ÷ sent. Null if nothing was sent.'),
    complaint_rate: documented(rate, 'complained ÷ delivered. Null if nothing was delivered.'),
  }),
  {
    description:
      'The counts and rates of one window. Emails to the SES mailbox simulator are not counted. After a resume, the bounces of emails that were in flight are not counted either.',
  },
);

const contributor = named(
  'ReputationContributor',
  z.strictObject({
    value: z.string(),
    name: documented(z.string(), 'The value, as a person reads it.'),
    sent: count,
    bounced: count,
    complained: count,
  }),
  { description: 'A value with the most bounces and complaints of the last 24 hours.' },
);
const contributors = documented(
  z.strictObject({
    tag: z.array(contributor),
    sender: z.array(contributor),
    provider: z.array(contributor),
    reason: documented(
      z.array(contributor),
      'The reasons of bounces. `sent` and `complained` are 0, because only a bounce has a reason.',
    ),
  }),
  'The values with the most bounces and complaints of the last 24 hours, at most three of each kind. Empty for a configuration set, because the counters of a tag, sender, provider or reason are of the whole workspace.',
);

const scopeFields = {
  configuration_set: scopeName,
  state,
  since: documented(
    z.nullable(rfc3339),
    'Since when the stream has this state. Null if the state has never changed.',
  ),
  reasons,
  changed_by: documented(z.string(), WHO),
  grace_until: documented(
    z.nullable(rfc3339),
    'Until when complaints cannot pause the stream again after a resume. Null without a grace period.',
  ),
  normal_again: documented(
    z.boolean(),
    'Whether a warning is over, because every rate is low enough to end it. The guard changes a state only after an event. So a stream that stops sending stays in `warning`, and this field becomes true. Always false in the other states.',
  ),
  windows: documented(z.array(windowJson), 'The window `hour`, then the window `day`.'),
  contributors,
};
/** The response of a pause or a resume. */
export const reputationScopeJson = named('ReputationScope', z.strictObject(scopeFields), {
  description: 'The state of a workspace, or of one of its configuration sets.',
});

const awsJson = named(
  'SesAccountStatus',
  z.strictObject({
    enforcement_status: documented(
      z.nullable(z.string()),
      '`HEALTHY`, `PROBATION` (the account is under review) or `SHUTDOWN` (Amazon SES has paused sending).',
    ),
    sending_enabled: z.nullable(z.boolean()),
    production_access: documented(z.nullable(z.boolean()), 'False in the SES sandbox.'),
    max_24_hour_send: documented(z.nullable(z.number()), 'The quota of 24 hours. −1 without a limit.'),
    sent_last_24_hours: z.nullable(z.number()),
    checked_at: documented(rfc3339, 'When Amazon SES was asked. The API asks at most once a minute.'),
  }),
  { description: 'The status of the Amazon SES account in this region, as `GetAccount` returns it.' },
);

/** The response of GET and PATCH /v1/reputation. */
export const reputationJson = named(
  'Reputation',
  z.strictObject({
    mode,
    limits,
    default_limits: documented(limits, 'The limits of a workspace that has changed none.'),
    pauses_configuration_set: documented(
      z.boolean(),
      'Whether a pause also disables sending with the configuration set in Amazon SES. It is an option of the deployment, and always false in every workspace except the default one.',
    ),
    scopes: documented(
      z.array(reputationScopeJson),
      'The whole workspace, then its configuration sets, if the emails of the last 24 hours have at least two. A configuration set in `warning` or `paused` is always in the list.',
    ),
    aws: documented(
      z.nullable(awsJson),
      'The status of the Amazon SES account. Null if the API cannot read it, and in every workspace except the default one, because all workspaces share the account.',
    ),
  }),
  { description: 'The state and the settings of the reputation guard.' },
);

export const reputationChangeJson = named(
  'ReputationChange',
  z.strictObject({
    at: rfc3339,
    configuration_set: scopeName,
    from: state,
    to: state,
    changed_by: documented(z.string(), WHO),
    by_name: documented(
      z.nullable(z.string()),
      'Name of the API key at that time. Null for a change of the guard or of the command.',
    ),
    reasons,
    event_id: documented(
      z.nullable(idOf('evt')),
      'The event that announced the change. Null if the change was not announced: a stream that returns from `warning` to `ok` sends no event.',
    ),
  }),
  { description: 'One change of the state of a workspace or a configuration set.' },
);

/** Body of POST /v1/reputation/dry-run. */
export const dryRunBody = named(
  'ReputationDryRunRequest',
  z.strictObject({
    after: documented(
      z.optional(rangeTime),
      `Start of the range. Default: ${DRY_RUN_DAYS} days before its end. The range can be at most ${MAX_DRY_RUN_DAYS} days long.`,
      '2026-02-01T00:00:00Z',
    ),
    before: documented(z.optional(rangeTime), 'End of the range. Default: the current time.', '2026-02-25'),
    mode: documented(z._default(mode, 'pause'), 'The mode to try.', 'pause'),
    limits: documented(
      z.optional(limitsPatch),
      'The limits to try. A limit that is left out has the value that the workspace has now.',
      { day: { bounce: { pause: 0.05 } } },
    ),
    configuration_set: configurationSet,
  }),
);

export const dryRunJson = named(
  'ReputationDryRun',
  z.strictObject({
    after: rfc3339,
    before: rfc3339,
    mode,
    limits,
    warnings: documented(count, 'How often the guard would have warned.'),
    pauses: documented(count, 'How often the guard would have paused.'),
    transitions: z.array(
      named('ReputationTransition', z.strictObject({ at: rfc3339, from: state, to: state, reasons }), {
        description: 'A change of the state that the guard would have made.',
      }),
    ),
  }),
  { description: 'What the guard would have done in a past range of time.' },
);
