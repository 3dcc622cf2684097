/**
 * How long a call of AWS may take. The SDK sets no end to it, and a call that hangs after a webhook has gone out would end
 * with the process, which then sends it again. Three tries of it fit into what an attempt leaves of the deliver λ's time.
 * Source: https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/node-configuring-https.html
 */
export const CALL_LIMITS = {
  connectionTimeout: 1_000,
  requestTimeout: 4_000,
  throwOnRequestTimeout: true,
} as const;
