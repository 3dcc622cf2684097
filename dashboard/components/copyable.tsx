import { useState } from 'preact/hooks';

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Puts `text` on the clipboard; `what` says of what, for who does not see the button. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [copied, setCopied] = useState<string>();
  async function onClick(): Promise<void> {
    setCopied((await copy(text)) ? 'Copied' : 'Not allowed: select it');
    setTimeout(() => setCopied(undefined), 2_000);
  }
  return (
    <>
      <button type="button" class="copy" onClick={() => void onClick()} aria-label={`Copy ${what}`}>
        {copied ?? 'Copy'}
      </button>
      <span class="unseen" role="status">
        {copied}
      </span>
    </>
  );
}

/** An id: whole, selectable, to copy. */
export function CopyableId({ value, what }: { readonly value: string; readonly what: string }) {
  return (
    <span class="id">
      <code>{value}</code>
      <CopyButton text={value} what={what} />
    </span>
  );
}

/** Text of a machine: JSON, a command, what a server said. */
export function CodeBlock({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <div class="block">
      <CopyButton text={text} what={what} />
      {/* It may be wider than its place, and is then moved by the keyboard, too. */}
      <pre tabIndex={0} role="group" aria-label={what}>
        {text}
      </pre>
    </div>
  );
}
