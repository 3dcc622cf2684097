/** Types of the verifier in Node, which is plain JavaScript. */
declare module '*/docs/verify/verify.mjs' {
  export function verify(secret: string, headers: unknown, rawBody: unknown, now?: number): boolean;
}
