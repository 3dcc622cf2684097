/** Errors with the wording of AWS. */
import { awsError } from '../../../sim/aws-error.ts';
import { CANARY } from './canaries.ts';

export const ACCESS_DENIED = awsError(
  'AccessDeniedException',
  'User: arn:aws:sts::000000000000:assumed-role/x is not authorized to perform this action',
);
/** Errors of SES. Their messages contain the recipient, and a validation error quotes the invalid value. So no message may be logged as it is. */
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
/** Errors of Step Functions. Their messages quote the input, which contains the events of a group. */
export const SFN_ERRORS = ['InvalidExecutionInput', 'ThrottlingException'].map(
  (name) => (input: object) => awsError(name, `Refused: '${JSON.stringify(input)}'`),
);
