/** What the example needs of Node; its own types would be another package. */
declare const process: { readonly env: Readonly<Record<string, string | undefined>> };
