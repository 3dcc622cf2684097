/**
 * Runs before the page is shown, so that its colors and the hidden parts do not change while it loads. The dashboard stores the
 * theme.
 */
const root = document.documentElement;
root.classList.add('js');
try {
  const { theme } = JSON.parse(localStorage.getItem('ivymail.preferences') ?? '{}') as { theme?: unknown };
  if (theme === 'light' || theme === 'dark') root.dataset['theme'] = theme;
} catch {
  // Without storage or with a damaged entry, the page follows the system.
}
