/** Errors of AWS as it words them. */
import { awsError } from '../../../sim/aws-error.ts';
import { CANARY } from './canaries.ts';

export const DENIED = awsError(
  'AccessDeniedException',
  'User: arn:aws:sts::000000000000:assumed-role/x is not authorized to perform this action',
);
/** As AWS words them; SES names whom it refuses, and a validation quotes what it was given. */
export const SES_ERRORS = [
  awsError('BadRequestException', `Illegal address: ${CANARY.suppressed}`),
  awsError(
    'MessageRejected',
    `Email address is not verified. The following identities failed the check: ${CANARY.recipient}`,
  ),
  awsError('TooManyRequestsException', `Maximum sending rate exceeded for ${CANARY.recipient}`, 429),
  awsError(
    'InternalServiceErrorException',
    `Could not queue <${CANARY.recipient}>: "${CANARY.recipient}"`,
    500,
  ),
  awsError(
    'InvalidParameterValue',
    `1 validation error detected: Value '${CANARY.subject}' at 'content.simple.subject' failed`,
  ),
  Object.assign(new Error(`socket hang up (${CANARY.recipient})`), { code: 'ECONNRESET' }),
  awsError(
    'ServiceUnavailable',
    `POST https://email.example/v2/email/${CANARY.recipient}?key=${CANARY.token} failed`,
    503,
  ),
];
/** Step Functions quotes what it was given, too: the ids of a task. */
export const SFN_ERRORS = ['InvalidExecutionInput', 'ThrottlingException'].map(
  (name) => (input: object) => awsError(name, `Refused: '${JSON.stringify(input)}'`),
);
