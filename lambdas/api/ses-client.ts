import { SESv2Client } from '@aws-sdk/client-sesv2';

/** One attempt, within what API Gateway waits: after it nobody else would hear what became of the mail. */
export function createSesClient(): SESv2Client {
  return new SESv2Client({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  });
}
