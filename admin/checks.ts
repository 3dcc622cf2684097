import type { CommandOutput } from './output.ts';

/** `not_checked`: the check could not be made, so it never counts as passed. `declined`: the operator skipped the check. */
export type CheckStatus = 'ok' | 'failed' | 'warning' | 'not_checked' | 'declined';

export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  /** One sentence that describes the result or the problem. */
  readonly detail: string;
  /** How to solve the problem. */
  readonly advice?: string;
}

export type Finding = Omit<Check, 'name'>;

export function ok(detail: string): Finding {
  return { status: 'ok', detail };
}

export function failed(detail: string, advice?: string): Finding {
  return { status: 'failed', detail, ...(advice !== undefined && { advice }) };
}

export function warning(detail: string, advice?: string): Finding {
  return { status: 'warning', detail, ...(advice !== undefined && { advice }) };
}

export function notChecked(detail: string): Finding {
  return { status: 'not_checked', detail };
}

const DENIED = /AccessDenied|NotAuthorized|UnauthorizedOperation|AuthorizationError/;

/** Runs a check. If AWS denies the request, the status is `not_checked`. Any other error is a failure. */
export async function runCheck(name: string, inspect: () => Promise<Finding>): Promise<Check> {
  try {
    return { name, ...(await inspect()) };
  } catch (error) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const denied = error instanceof Error && DENIED.test(error.name);
    return { name, ...(denied ? notChecked(`AWS denied the request (${message})`) : failed(message)) };
  }
}

/** Exit code 0: every check passed. 1: a check failed. 4: no check failed, but one has a warning or was not made. */
export function summarizeChecks(checks: readonly Check[]): CommandOutput {
  const count = (status: CheckStatus): number => checks.filter((each) => each.status === status).length;
  const unresolved = count('warning') + count('not_checked');
  const exitCode = count('failed') > 0 ? 1 : unresolved > 0 ? 4 : 0;
  return {
    result: { ok: exitCode === 0, checks },
    text: `\n${count('ok')} ok, ${count('failed')} failed, ${count('warning')} warnings, ${count('not_checked')} not checked`,
    exitCode,
  };
}
