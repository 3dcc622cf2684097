import type { CommandOutput } from './output.ts';

/** What a check found. What could not be looked at is `not_checked`, and never green; `declined` is what nobody wanted. */
export type CheckStatus = 'ok' | 'failed' | 'warning' | 'not_checked' | 'declined';

export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  /** One sentence: what was seen, or exactly what is wrong. */
  readonly detail: string;
  /** What to do about it. */
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

/** Looks; what AWS does not let us see is not checked, and what goes wrong in another way is a failure. */
export async function runCheck(name: string, look: () => Promise<Finding>): Promise<Check> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const denied = error instanceof Error && DENIED.test(error.name);
    return { name, ...(denied ? notChecked(`not allowed to look (${said})`) : failed(said)) };
  }
}

/** 0: all is well. 1: something has failed. 4: nothing has, and something is to be looked at, or was not looked at. */
export function summarizeChecks(checks: readonly Check[]): CommandOutput {
  const count = (status: CheckStatus): number => checks.filter((each) => each.status === status).length;
  const open = count('warning') + count('not_checked');
  const exitCode = count('failed') > 0 ? 1 : open > 0 ? 4 : 0;
  return {
    result: { ok: exitCode === 0, checks },
    text: `\n${count('ok')} well, ${count('failed')} failed, ${count('warning')} to look at, ${count('not_checked')} not checked`,
    exitCode,
  };
}
