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

export interface Finding extends Omit<Check, 'name'> {
  /** Solves the problem. `doctor --repair` calls it and makes the check again. */
  readonly repair?: () => Promise<unknown>;
}

export function ok(detail: string): Finding {
  return { status: 'ok', detail };
}

export function failed(detail: string, advice?: string): Finding {
  return { status: 'failed', detail, ...(advice !== undefined && { advice }) };
}

/**
 * A resource of the stack is missing or was changed. A deployment does not repair it: CloudFormation compares only templates. Its
 * drift-aware change sets (`cdk deploy --revert-drift`) cannot read an event destination:
 * https://github.com/go-to-k/cdk-real-drift/issues/1643
 */
export function repairable(detail: string, repair: () => Promise<unknown>): Finding {
  return {
    ...failed(
      detail,
      'doctor --repair repairs it. A new deployment does not, because it compares only templates',
    ),
    repair,
  };
}

export function warning(detail: string, advice?: string): Finding {
  return { status: 'warning', detail, ...(advice !== undefined && { advice }) };
}

export function notChecked(detail: string): Finding {
  return { status: 'not_checked', detail };
}

const DENIED = /AccessDenied|NotAuthorized|UnauthorizedOperation|AuthorizationError/;

/** Whether AWS denied a request because a permission is missing. */
export function isDenied(error: unknown): boolean {
  return error instanceof Error && DENIED.test(error.name);
}

/** Inspects, and inspects again after a repair. */
async function inspectAndRepair(inspect: () => Promise<Finding>, mayRepair: boolean): Promise<Finding> {
  const { repair, ...found } = await inspect();
  if (!mayRepair || repair === undefined) return found;
  await repair();
  const { repair: _repair, ...after } = await inspect();
  return after.status === 'ok' ? ok(`repaired: ${after.detail}`) : after;
}

/**
 * Runs a check, and repairs what it finds if `mayRepair`. If AWS denies a request, the status is `not_checked`. Any other error is a
 * failure.
 */
export async function runCheck(
  name: string,
  inspect: () => Promise<Finding>,
  { mayRepair = false } = {},
): Promise<Check> {
  try {
    return { name, ...(await inspectAndRepair(inspect, mayRepair)) };
  } catch (error) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return {
      name,
      ...(isDenied(error) ? notChecked(`AWS denied the request (${message})`) : failed(message)),
    };
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
