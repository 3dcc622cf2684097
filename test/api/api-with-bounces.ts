/** Stores hard bounces the way the deployment does: ingest writes them to the log, then dispatch adds the recipients to the suppression list. */
import type { SQSRecord } from 'aws-lambda';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';
import { suppressionReasonOf } from '../../lambdas/delivery/dispatch.ts';
import { toEmailEvent } from '../../lambdas/store/event-rows.ts';
import { ingestBatch } from '../../lambdas/ingest/ingest-batch.ts';
import { suppressRecipient } from '../../lambdas/store/suppressions.ts';
import { workspaceDirectory } from '../../lambdas/store/workspaces.ts';
import { SAMPLES } from '../../sim/ses/samples.ts';
import { NOW_MS, setUpApi, type ApiRequest, type ApiResponse } from './harness.ts';

const SUPPRESS_ALL = { hardBounces: true, complaints: true };

function recordOf(address: string, messageId: string): SQSRecord {
  const body = JSON.stringify({
    ...SAMPLES.bounce,
    mail: { ...SAMPLES.bounce.mail, messageId, destination: [address], tags: {} },
    bounce: { ...SAMPLES.bounce.bounce, bouncedRecipients: [{ emailAddress: address }] },
  });
  // SQS rejects an unpaired surrogate.
  return {
    messageId: 'sqs-1',
    body: body.toWellFormed(),
    attributes: { SentTimestamp: String(NOW_MS) },
  } as unknown as SQSRecord;
}

/** Sets up the API and stores one hard bounce for each address. Requests use a key of the default workspace. */
export async function setUpApiWithBounces(addresses: readonly string[], messageId = '0100-bounced') {
  const api = setUpApi();
  const { table } = api;
  const deps = {
    table,
    workspaces: workspaceDirectory(table, () => NOW_MS),
    retentionDays: 90,
    topicArn: 'arn:aws:sns:us-east-1:000000000000:ivymail',
  };
  for (const address of addresses) await ingestBatch(deps, [recordOf(address, messageId)]);
  for (const event of api.rows('event').map(toEmailEvent)) {
    const reason = suppressionReasonOf(event, SUPPRESS_ALL);
    if (reason) await suppressRecipient(table, event, reason);
  }
  const sendRequest = (request: ApiRequest): Promise<ApiResponse> =>
    api.sendRequest({ ...request, workspaceId: DEFAULT_WORKSPACE_ID });
  return { ...api, sendRequest };
}
