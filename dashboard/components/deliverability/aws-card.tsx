import type { Reputation } from '../../api/types.ts';
import { formatNumber } from '../../text/format.ts';
import { awsVerdict } from '../../text/reputation.ts';
import { Card } from '../page.tsx';
import { Time } from '../time.tsx';

function yesNo(value: boolean | null, yes: string, no: string): string {
  if (value === null) return '–';
  return value ? yes : no;
}

/** What Amazon SES itself says about the account, beside the verdict of the guard. */
export function AwsCard({ aws }: Pick<Reputation, 'aws'>) {
  if (!aws)
    return (
      <Card title="Amazon SES">
        <p class="quiet">
          The API could not read the status of the account. Only the default workspace shows it, because all
          workspaces share the account.
        </p>
      </Card>
    );
  const verdict = awsVerdict(aws);
  const quota = aws.max_24_hour_send ?? 0;
  const sent = aws.sent_last_24_hours ?? 0;
  return (
    <section class="card">
      <header class="card-head">
        <h2>
          Amazon SES{' '}
          <span class="badge" data-tone={verdict.tone}>
            {verdict.name}
          </span>
        </h2>
        <span class="quiet">
          checked <Time at={aws.checked_at} />
        </span>
      </header>
      <p>{verdict.text}</p>
      <dl class="details aws-facts">
        <div>
          <dt>Sending</dt>
          <dd>{yesNo(aws.sending_enabled, 'enabled', 'disabled')}</dd>
        </div>
        <div>
          <dt>Account</dt>
          <dd>{yesNo(aws.production_access, 'production access', 'sandbox: only verified recipients')}</dd>
        </div>
        <div>
          <dt>Daily quota</dt>
          <dd>
            {/* -1 is a quota without a limit. */}
            {quota < 0
              ? `${formatNumber(sent)} sent, no limit`
              : `${formatNumber(sent)} of ${formatNumber(quota)} sent`}
            {quota > 0 && (
              <span class="meter" data-level={sent / quota > 0.8 ? 'warn' : 'good'} aria-hidden="true">
                <span class="fill" style={{ width: `${Math.min(100, (sent / quota) * 100)}%` }} />
              </span>
            )}
          </dd>
        </div>
      </dl>
      <p class="quiet note">
        The status is that of the whole AWS account. AWS counts only part of the bounces and complaints, over
        a period that it does not publish, so its rates differ from the rates on this page.
      </p>
    </section>
  );
}
