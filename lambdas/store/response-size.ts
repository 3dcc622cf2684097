import type { Row } from './table.ts';

/**
 * The maximum of `responseBytes` over the rows of a page. A page that reaches it is short although a next page exists. Without the
 * maximum, the response could exceed 6 MB, the limit of a Lambda function. 1,000 rows of the usual size fit.
 */
export const MAX_PAGE_BYTES = 3_500_000;

/**
 * The bytes of a row in a response. Lambda encodes the JSON of the response as JSON again, so a quotation mark takes four bytes in
 * the tags of an entry. An export takes more, at most by half: in CSV within JSON within JSON, it takes six bytes.
 */
export function responseBytes(row: Row): number {
  // A response of a list does not contain the raw event.
  return Buffer.byteLength(JSON.stringify(JSON.stringify({ ...row, raw: undefined })));
}
