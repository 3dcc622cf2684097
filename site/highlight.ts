import { escapeHtml } from './escape.ts';

const KEYWORDS =
  'and|as|async|await|break|case|catch|class|const|continue|def|default|do|else|end|except|export|extends|false|False|final|fn|for|from|func|function|if|impl|import|in|interface|is|let|match|module|mut|namespace|new|nil|none|None|not|null|or|package|private|pub|public|raise|range|require|return|self|static|struct|super|switch|then|this|throw|throws|true|True|try|type|unless|use|var|void|while|with|yield';

const LINE_COMMENT: Readonly<Record<string, string>> = {
  sh: String.raw`(?<=^|\s)#[^\n]*`,
  bash: String.raw`(?<=^|\s)#[^\n]*`,
  python: String.raw`#[^\n]*`,
  ruby: String.raw`#(?!\{)[^\n]*`,
  php: String.raw`\/\/[^\n]*|\/\*[^]*?\*\/`,
};
const C_COMMENT = String.raw`(?<!:)\/\/[^\n]*|\/\*[^]*?\*\/`;

/** Text and diagrams have no syntax. */
const PLAIN = new Set(['text', 'txt', '']);

/** Marks the comments, strings and keywords of a piece of code. Returns HTML. The colors are classes, because the page permits no inline style. */
export function highlight(code: string, language: string): string {
  if (PLAIN.has(language)) return escapeHtml(code);
  const isJson = language === 'json';
  const tokens = new RegExp(
    [
      ...(isJson ? [] : [`(?<comment>${LINE_COMMENT[language] ?? C_COMMENT})`]),
      String.raw`(?<string>"""[^]*?"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\])*'|${language === 'js' || language === 'ts' ? '`(?:\\\\.|[^`\\\\])*`' : '(?!)'})`,
      `(?<keyword>(?<![\\w.-])(?:${isJson ? 'true|false|null' : language === 'sh' || language === 'bash' ? 'if|then|else|fi|for|in|do|done|while|return|local|export|curl|npm|npx|aws' : KEYWORDS})(?![\\w-]))`,
      String.raw`(?<number>(?<![\w.])\d[\d_.]*(?!\w))`,
    ].join('|'),
    'g',
  );
  let html = '';
  let position = 0;
  for (const match of code.matchAll(tokens)) {
    const [text] = match;
    const kind = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined)?.[0] ?? '';
    const isName = isJson && kind === 'string' && /^\s*:/.test(code.slice(match.index + text.length));
    html += `${escapeHtml(code.slice(position, match.index))}<i class="${isName ? 'n' : kind.charAt(0)}">${escapeHtml(text)}</i>`;
    position = match.index + text.length;
  }
  return html + escapeHtml(code.slice(position));
}
