interface PageParts {
  readonly text: { readonly type: string; readonly content: string };
  readonly headers: Readonly<Record<string, string>>;
}

/** Content security policy of the pages: a page loads only its own files, calls only this API, and cannot be shown in a frame. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const PAGE_HEADERS = {
  // The page links to the files of the current deployment. An old copy would link to files that no longer exist.
  'cache-control': 'no-cache',
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
};

/** The relative path from a page to the folder of its files, so that the page works under any domain and stage. `depth` is the number of folders between them. */
export function upBy(depth: number): string {
  return '../'.repeat(depth) || './';
}

/** The parts of a response that contains a page. `base` is the relative path from the requested address to the folder of its files. */
export function htmlPage(page: string, base: string): PageParts {
  return {
    text: {
      type: 'text/html; charset=utf-8',
      content: page.replace('<base href="./" />', () => `<base href="${base}" />`),
    },
    headers: PAGE_HEADERS,
  };
}

/** The name of a file of a page. The build puts a hash of the content into each name, so a named file never changes. */
export const ASSET_NAME = /^[a-z-]+-[A-Z0-9]{8}\.(?<extension>js|css|svg|json)$/;

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
  json: 'application/json',
};

/** The parts of a response that contains a file of a page. */
export function assetFile(name: string, content: string): PageParts {
  const extension = ASSET_NAME.exec(name)?.groups?.['extension'] ?? '';
  return {
    text: { type: `${MEDIA_TYPES[extension]}; charset=utf-8`, content },
    headers: {
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    },
  };
}
