/**
 * Time limits of an AWS call, because the SDK sets none. Without them, a call that hangs after a webhook was sent would end
 * with the Lambda function's timeout, and the webhook would be sent again. After an attempt, the deliver function has
 * time for three tries of a call.
 * Source: https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/node-configuring-https.html
 */
export const CALL_LIMITS = {
  connectionTimeout: 1_000,
  requestTimeout: 4_000,
  throwOnRequestTimeout: true,
} as const;
