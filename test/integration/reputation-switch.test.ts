/** The option `reputation.pauseConfigurationSet` of the stack: a pause of the default workspace stops the configuration set in SES. */
import {
  GetConfigurationSetCommand,
  PutConfigurationSetSendingOptionsCommand,
  SendEmailCommand,
  SESv2Client,
} from '@aws-sdk/client-sesv2';
import { afterAll, expect, it } from 'vitest';
import { api, createHook, newTenant, sesCalls, stack, until, type Api } from './client.ts';

const NAME = { ConfigurationSetName: stack.configuration_set };
const EMAIL = { from: stack.from, to: 'success@customer.example', subject: 'Hello', text: 'Hello.' };

const tenant = await newTenant('reputation-switch');
const ses = new SESv2Client({
  endpoint: stack.ses_endpoint_url,
  region: stack.region,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

/** Waits until SES accepts or refuses all email with the configuration set. */
const sendingIs = (state: 'enabled' | 'disabled') =>
  until(`a configuration set that is ${state}`, async () => {
    const { SendingOptions: options } = await ses.send(new GetConfigurationSetCommand(NAME));
    return options?.SendingEnabled === (state === 'enabled') ? true : undefined;
  });

/** Sends an email with the configuration set, without our API. Returns the name of the error if SES refuses the email. */
const sendWithSes = (): Promise<string> =>
  ses
    .send(
      new SendEmailCommand({
        ...NAME,
        FromEmailAddress: EMAIL.from,
        Destination: { ToAddresses: [EMAIL.to] },
        Content: { Simple: { Subject: { Data: EMAIL.subject }, Body: { Text: { Data: EMAIL.text } } } },
      }),
    )
    .then(
      () => 'sent',
      (error: Error) => error.name,
    );

/** Sends an email with our API. Returns the status, and the error code if there is one. */
async function sendWithApi(client: Api): Promise<readonly unknown[]> {
  const { status, body } = await client('POST', '/v1/send', EMAIL);
  return [status, ...(body.error ? [body.error.code] : [])];
}

async function change(client: Api, action: 'pause' | 'resume', scope: object = {}): Promise<void> {
  const { status, text } = await client('POST', `/v1/reputation/${action}`, scope);
  if (status !== 200) throw new Error(`Cannot ${action}: ${text}`);
}

const OF_SET = { configuration_set: stack.configuration_set };

afterAll(async () => {
  // All files share this stack. After a failed test, the next file must still be able to send.
  for (const scope of [{}, OF_SET]) await api('POST', '/v1/reputation/resume', scope);
  await ses.send(new PutConfigurationSetSendingOptionsCommand({ ...NAME, SendingEnabled: true }));
  ses.destroy();
});

it('a pause of another workspace does not stop the configuration set', async () => {
  const hook = await createHook(['reputation.paused', 'reputation.resumed'], tenant.api);
  const before = await sesCalls('PutConfigurationSetSendingOptions');
  await change(tenant.api, 'pause');
  await hook.requests(1, 'reputation.paused');
  expect(await sendWithApi(tenant.api)).toEqual([409, 'reputation_paused']);
  expect([await sendWithApi(api), await sendWithSes()]).toEqual([[202], 'sent']);
  await change(tenant.api, 'resume');
  // Dispatch processes the resume after every effect of the pause.
  await hook.requests(1, 'reputation.resumed');
  expect(await sesCalls('PutConfigurationSetSendingOptions')).toEqual(before);
  await sendingIs('enabled');
  await hook.remove();
});

it('a pause of the default workspace stops email that bypasses the API, and a resume sends it again', async () => {
  expect((await api('GET', '/v1/reputation')).body.pauses_configuration_set).toBe(true);
  await change(api, 'pause');
  await sendingIs('disabled');
  expect(await sendWithSes()).toBe('SendingPausedException');
  expect(await sendWithApi(api)).toEqual([409, 'reputation_paused']);
  // Every workspace sends with this set.
  expect(await sendWithApi(tenant.api)).toEqual([422, 'sending_paused']);
  await change(api, 'resume');
  await sendingIs('enabled');
  expect(await sendWithSes()).toBe('sent');
  expect([await sendWithApi(api), await sendWithApi(tenant.api)]).toEqual([[202], [202]]);
});

it('a pause of the configuration set in the default workspace stops it, too', async () => {
  // Until an email of the set is counted, its name is not accepted.
  await until('a pause of the configuration set', async () => {
    const { status } = await api('POST', '/v1/reputation/pause', OF_SET);
    return status === 200 ? true : undefined;
  });
  await sendingIs('disabled');
  expect(await sendWithSes()).toBe('SendingPausedException');
  await change(api, 'resume', OF_SET);
  await sendingIs('enabled');
  expect(await sendWithSes()).toBe('sent');
});
