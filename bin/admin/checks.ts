/** What a check found. What could not be looked at is `not_checked`, and never green. */
export type CheckStatus = 'ok' | 'failed' | 'warning' | 'not_checked';

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
export async function check(name: string, look: () => Promise<Finding>): Promise<Check> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const denied = error instanceof Error && DENIED.test(error.name);
    return { name, ...(denied ? notChecked(`not allowed to look (${said})`) : failed(said)) };
  }
}
