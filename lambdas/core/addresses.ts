/**
 * The form under which an address is compared and looked up: lower case, plus tag kept. SES itself lower-cases only
 * the domain, but no mail system in use tells `Ann@` from `ann@`, and a suppression that misses by case harms.
 */
export function canonicalAddress(address: string): string {
  return address.trim().toLowerCase();
}

/** `Name <a@b>` becomes `a@b`; anything else is returned trimmed, as given. */
export function bareAddress(address: string): string {
  const bracketed = /<([^<>]*)>\s*$/.exec(address);
  return (bracketed?.[1] ?? address).trim();
}

/** `=?UTF-8?B?…?=` may have 75 characters (RFC 2047): 60 of base64, which are 45 bytes. */
const ENCODED_WORD_BYTES = 45;

function encodedWords(name: string): string {
  const words: string[] = [];
  let word = '';
  for (const character of name.toWellFormed()) {
    if (Buffer.byteLength(word + character) > ENCODED_WORD_BYTES) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  return [...words, word].map((each) => `=?UTF-8?B?${Buffer.from(each).toString('base64')}?=`).join(' ');
}

/**
 * A mailbox as a header of a mail takes it, whatever its name holds: a comma in a name that is not quoted would begin
 * another recipient, and SES takes names in ASCII only.
 */
export function mailboxHeader(mailbox: string): string {
  const address = bareAddress(mailbox);
  const given = (/^(.*)<[^<>]*>\s*$/s.exec(mailbox)?.[1] ?? '').trim();
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(given)?.[1];
  const name = quoted === undefined ? given : quoted.replace(/\\(.)/gs, '$1');
  if (name === '') return address;
  const ascii = /^[\u0020-\u007e]*$/.test(name);
  return `${ascii ? `"${name.replace(/["\\]/g, String.raw`\$&`)}"` : encodedWords(name)} <${address}>`;
}
