/** True for a genuine webhook. Throws a TypeError for a body or headers of the wrong kind. `now`: in seconds. */
export function verify(secret: string, headers: unknown, rawBody: unknown, now?: number): boolean;
