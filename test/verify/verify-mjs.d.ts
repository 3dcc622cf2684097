/** The verifier in Node, which has no types of its own. */
declare module '*/docs/verify/verify.mjs' {
  export function verify(secret: string, headers: unknown, rawBody: unknown, now?: number): boolean;
}
