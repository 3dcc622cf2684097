/** The part of Node's types that the example needs, so that it does not need the package of these types. */
declare const process: { readonly env: Readonly<Record<string, string | undefined>> };
