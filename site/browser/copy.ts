import { codeText } from './credentials.ts';

const SHOWN_MS = 1_500;

async function copy(button: HTMLButtonElement, status: HTMLElement): Promise<void> {
  const code = button.closest('.code')?.querySelector('code');
  if (!code) return;
  let message = 'Copied';
  try {
    await navigator.clipboard.writeText(codeText(code));
  } catch {
    // The browser refuses, for example on a page without https. The reader can select the code.
    message = 'Select and copy';
    getSelection()?.selectAllChildren(code);
  }
  button.textContent = message;
  status.textContent = message;
  setTimeout(() => {
    button.textContent = 'Copy';
    status.textContent = '';
  }, SHOWN_MS);
}

/** Shows the copy button of each code block. Screen readers announce that the code was copied. */
export function enableCopy(): void {
  const status = document.createElement('p');
  status.className = 'visually-hidden';
  status.setAttribute('role', 'status');
  document.body.append(status);
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-copy]')) {
    button.hidden = false;
    const title = button.closest('.caption')?.querySelector('span')?.textContent ?? '';
    button.setAttribute('aria-label', `Copy the code: ${title}`);
    button.addEventListener('click', () => void copy(button, status));
  }
}
