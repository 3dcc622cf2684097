import { GetAccountCommand, type GetAccountResponse } from '@aws-sdk/client-sesv2';
import { notChecked, ok, type Finding } from './checks.ts';
import type { Deployment } from './deployment.ts';

/**
 * The prices of a plan in US dollars, in us-east-1, for the first ten million emails of a month. Read from the AWS price list of
 * 2026-07-22. An email to several recipients is billed once for each.
 * Source: https://aws.amazon.com/ses/pricing/
 */
interface Plan {
  readonly name: string;
  readonly perThousand: number;
  readonly perMonth: number;
  /** What the plan contains besides sending. */
  readonly contains: string;
}

/** The price of Virtual Deliverability Manager without a plan. Every plan contains it. */
const VDM_PER_THOUSAND = 0.07;

const PLANS: Readonly<Record<string, Plan>> = {
  NONE: { name: 'no plan', perThousand: 0.1, perMonth: 0, contains: 'sending' },
  ESSENTIALS: {
    name: 'Essentials',
    perThousand: 0.16,
    perMonth: 0,
    contains: 'Virtual Deliverability Manager',
  },
  PRO: {
    name: 'Pro',
    perThousand: 0.22,
    perMonth: 105,
    contains:
      'Virtual Deliverability Manager, managed dedicated IPs, inbox placement tests and address validation',
  },
  ENTERPRISE: {
    name: 'Enterprise',
    perThousand: 0.23,
    perMonth: 500,
    contains: 'everything of Pro, sending from several regions, and tenants',
  },
};

const REPLACED =
  'IvyMail Events replaces the part of Virtual Deliverability Manager that shows rates and time to delivery by mailbox provider, sender and configuration set, and finds an email. It replaces no dedicated IP, inbox placement test, blocklist monitor or address validation';
const UNKNOWN = 'AWS has no call for what the plan cost so far, so these are list prices of us-east-1';
const LEAVE = 'To leave the plan: aws sesv2 put-account-pricing-attributes --plan NONE';

const DAYS_PER_MONTH = 30;

function dollars(amount: number): string {
  return `$${amount.toFixed(2)}`;
}

/** What the plan costs more in a month than sending alone, at the volume of the last 24 hours. */
function extraText({ perThousand, perMonth }: Plan, sentIn24Hours: number | undefined): string {
  if (sentIn24Hours === undefined) return '';
  const emails = sentIn24Hours * DAYS_PER_MONTH;
  const extra = ((perThousand - (PLANS['NONE']?.perThousand ?? 0)) * emails) / 1000 + perMonth;
  return `. At ${sentIn24Hours} emails in 24 hours, that is ${dollars(extra)} a month more than sending alone`;
}

function priceText({ name, perThousand, perMonth, contains }: Plan): string {
  const fee = perMonth === 0 ? '' : ` and ${dollars(perMonth)} a month`;
  return `${name}: ${dollars(perThousand)} per 1,000 emails${fee}, with ${contains}`;
}

function planOf({ PricingAttributes: pricing, VdmAttributes: vdm }: GetAccountResponse): Plan | undefined {
  const { CurrentPlan: current } = pricing ?? {};
  const plan = current === undefined ? undefined : PLANS[current];
  if (!plan || current !== 'NONE' || vdm?.VdmEnabled !== 'ENABLED') return plan;
  return {
    ...plan,
    perThousand: plan.perThousand + VDM_PER_THOUSAND,
    contains: 'sending and Virtual Deliverability Manager',
  };
}

/** The price plan of the SES account in this region, what it costs, and which part of it IvyMail Events replaces. */
export async function checkPricePlan({ ses }: Deployment): Promise<Finding> {
  const account = await ses.send(new GetAccountCommand({}));
  const { CurrentPlan: current, NextPlan: next } = account.PricingAttributes ?? {};
  const plan = planOf(account);
  if (!plan)
    return notChecked(
      current === undefined
        ? 'SES did not return the price plan. The SES console shows it under Account settings'
        : `the prices of the plan ${current} are not known to this version`,
    );
  const hasVdm = current !== 'NONE' || account.VdmAttributes?.VdmEnabled === 'ENABLED';
  const change = next !== undefined && next !== current ? `. The plan ${next} begins next month` : '';
  const extra = hasVdm ? extraText(plan, account.SendQuota?.SentLast24Hours) : '';
  return {
    ...ok(`${priceText(plan)}${extra}${change}`),
    ...(hasVdm && { advice: [REPLACED, UNKNOWN, ...(current === 'NONE' ? [] : [LEAVE])].join('. ') }),
  };
}
