import { useState } from 'preact/hooks';

async function copyToClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** A button that copies `text`. Screen readers announce it as `Copy <label>`. With `named`, the label is visible. */
export function CopyButton({
  text,
  label,
  named = false,
}: {
  readonly text: string;
  readonly label: string;
  readonly named?: boolean;
}) {
  const [result, setResult] = useState<string>();
  async function onClick(): Promise<void> {
    setResult((await copyToClipboard(text)) ? 'Copied' : 'Copy failed');
    setTimeout(() => setResult(undefined), 2_000);
  }
  return (
    <>
      <button type="button" class="copy" onClick={() => void onClick()} aria-label={`Copy ${label}`}>
        {result ?? (named ? `Copy ${label}` : 'Copy')}
      </button>
      <span class="visually-hidden" role="status">
        {result}
      </span>
    </>
  );
}

/** An ID in full length, with a copy button. */
export function CopyableId({ value, label }: { readonly value: string; readonly label: string }) {
  return (
    <span class="id">
      <code>{value}</code>
      <CopyButton text={value} label={label} />
    </span>
  );
}

/** Preformatted text with a copy button: JSON, a command, or a response body. */
export function CodeBlock({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <div class="block">
      <CopyButton text={text} label={label} />
      {/* Focusable, so that keyboard users can scroll text that is wider than the block. */}
      <pre tabIndex={0} role="group" aria-label={label}>
        {text}
      </pre>
    </div>
  );
}
