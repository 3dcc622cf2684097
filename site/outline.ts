/** A page that shows a file of docs/, or one section of the guide. */
export interface PageSource {
  /** Path below `/docs/`. Empty for the first page. */
  readonly path: string;
  /** The text in the contents. */
  readonly label: string;
  readonly file: string;
  /** The second-level heading whose section the page shows. Absent for the whole file. */
  readonly section?: string;
}

export interface Group {
  readonly title: string;
  readonly pages: readonly PageSource[];
}

/** The file whose sections are pages of their own. */
export const GUIDE = 'webhooks-and-events.md';

const section = (path: string, heading: string, label = heading): PageSource => ({
  path,
  label,
  file: GUIDE,
  section: heading,
});
const whole = (path: string, label: string, file = `${path}.md`): PageSource => ({ path, label, file });

/** The contents of the site, before the API reference. */
const OUTLINE: readonly Group[] = [
  {
    title: 'Get started',
    pages: [
      whole('', 'Quickstart', 'quickstart.md'),
      whole('local-run', 'Local run'),
      whole('deploy', 'Deploy'),
      section('ai-agents', 'For AI agents', 'AI agents'),
    ],
  },
  {
    title: 'Email',
    pages: [
      section('sending', 'Sending'),
      section('messages', 'Messages'),
      section('logs', 'Logs'),
      section('statistics', 'Statistics'),
      section('suppression', 'Suppression'),
      whole('reputation', 'Reputation guard'),
    ],
  },
  {
    title: 'Webhooks',
    pages: [
      section('webhook-setup', 'Webhook setup', 'Setup'),
      section('event-types', 'Event types'),
      section('payloads', 'Payloads'),
      section('security', 'Security', 'Verify signatures'),
      section('retries', 'Retries', 'Retries and recovery'),
      whole('receivers', 'Receivers'),
      section('best-practices', 'Best practices'),
    ],
  },
  {
    title: 'Operate',
    pages: [
      section('keys', 'Keys', 'API keys'),
      whole('dashboard', 'Dashboard'),
      whole('admin', 'Admin command'),
      whole('runbook', 'Runbook'),
      whole('guarantees', 'Guarantees'),
    ],
  },
];

/**
 * The contents for a guide with these second-level headings. A section that the outline does not list becomes the last page of
 * the group "Email", so that no section of the guide is ever left out.
 */
export function outlineOf(headings: readonly string[], slug: (heading: string) => string): readonly Group[] {
  const listed = new Set(OUTLINE.flatMap(({ pages }) => pages.flatMap((page) => page.section ?? [])));
  const others = headings.filter((heading) => !listed.has(heading));
  return OUTLINE.map(({ title, pages }) => ({
    title,
    pages: [
      ...pages.filter((page) => page.section === undefined || headings.includes(page.section)),
      ...(title === 'Email' ? others.map((heading) => section(slug(heading), heading)) : []),
    ],
  }));
}
