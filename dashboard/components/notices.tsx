import { Link } from 'wouter-preact';
import { Icon } from './icons.tsx';
import { dismiss, notices } from '../state/notices.ts';

export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, kind, text, detailsPath }) => (
        <div key={id} class="notice" data-kind={kind}>
          <span>{text}</span>
          {detailsPath !== undefined && (
            <Link href={detailsPath} onClick={() => dismiss(id)}>
              View
            </Link>
          )}
          <button type="button" class="plain icon-button" aria-label="Dismiss" onClick={() => dismiss(id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
