/** Quotes text for a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * A shell command that sends a webhook like IvyMail Events does. The dashboard does not know the signing secret, so the
 * command reads the secret from WEBHOOK_SECRET and signs the request with openssl. The parentheses keep the variables out
 * of the user's shell, and end the command if the secret is missing.
 */
export function webhookCurlCommand(webhook: {
  readonly url: string;
  readonly eventId: string;
  readonly attempt: number;
  readonly payload: object;
}): string {
  return `# Sends the webhook to your server, with a new timestamp and signature.
# First set the signing secret of the endpoint: export WEBHOOK_SECRET=whsec_…
(
: "\${WEBHOOK_SECRET:?Set WEBHOOK_SECRET to the signing secret of the endpoint}"
ID=${quote(webhook.eventId)}
TIME=$(date +%s)
BODY=${quote(JSON.stringify(webhook.payload))}
KEY=$(printf %s "\${WEBHOOK_SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \\n')
SIGNATURE="v1,$(printf %s "$ID.$TIME.$BODY" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64)"
curl -i ${quote(webhook.url)} \\
  -H 'content-type: application/json' \\
  -H "webhook-id: $ID" \\
  -H "webhook-timestamp: $TIME" \\
  -H "webhook-signature: $SIGNATURE" \\
  -H "x-ivymail-signature: $SIGNATURE" \\
  -H 'x-ivymail-attempt: ${webhook.attempt}' \\
  --data-raw "$BODY"
)`;
}
