declare module '*.go' {
  const text: string;
  // oxlint-disable-next-line import/no-default-export -- what a text import is
  export default text;
}
declare module '*.java' {
  const text: string;
  // oxlint-disable-next-line import/no-default-export
  export default text;
}
declare module '*.php' {
  const text: string;
  // oxlint-disable-next-line import/no-default-export
  export default text;
}
declare module '*.py' {
  const text: string;
  // oxlint-disable-next-line import/no-default-export
  export default text;
}
declare module '*.rb' {
  const text: string;
  // oxlint-disable-next-line import/no-default-export
  export default text;
}
declare module '*.rs' {
  const text: string;
  // oxlint-disable-next-line import/no-default-export
  export default text;
}
declare module '*.sh' {
  const text: string;
  // oxlint-disable-next-line import/no-default-export
  export default text;
}
declare module '*/verify.mjs' {
  const text: string;
  // oxlint-disable-next-line import/no-default-export
  export default text;
}
