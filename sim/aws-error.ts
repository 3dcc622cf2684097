/** Errors as the AWS SDK throws them. */

/** An error that callers recognize by its name only: of a state machine's task, or of the SDK itself. */
export function namedError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** An error that a service returned as its HTTP response. */
export function awsError(name: string, message: string, status = 400): Error {
  return Object.assign(namedError(name, message), {
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status, requestId: '7a62c49f-347e-4fc4-9331-6e8eEXAMPLE', attempts: 3 },
  });
}
