import { useEffect, useRef } from 'preact/hooks';
import { hasScope } from '../../state/app.ts';
import { formatNumber } from '../../text/format.ts';

interface Props {
  /** The number of addresses on the page, and how many of them are selected. */
  readonly onPage: number;
  readonly selectedOnPage: number;
  /** The number of selected addresses on all pages. Undefined if every address that matches is selected. */
  readonly selected: number | undefined;
  /** How many addresses match. */
  readonly total: string;
  /** Whether other pages have addresses that match. */
  readonly hasMore: boolean;
  readonly onSelectPage: (selected: boolean) => void;
  readonly onSelectAll: () => void;
  readonly onClear: () => void;
  readonly onRemove: () => void;
}

/** What is selected, and what can be done with it. The bar has the same height without a selection, so the list does not move. */
export function SelectionBar(props: Props) {
  const { onPage, selectedOnPage, selected, total, hasMore } = props;
  const checkbox = useRef<HTMLInputElement>(null);
  const isPageSelected = selectedOnPage === onPage;
  useEffect(() => {
    if (checkbox.current) checkbox.current.indeterminate = selectedOnPage > 0 && !isPageSelected;
  });
  const isEmpty = selected === 0;
  // The buttons disappear when they are used, so the focus moves to the checkbox beside them.
  const andFocusCheckbox = (action: () => void) => () => {
    checkbox.current?.focus();
    action();
  };
  return (
    <div class="selection">
      <label class="check">
        <input
          ref={checkbox}
          type="checkbox"
          checked={isPageSelected}
          disabled={!hasScope('admin')}
          onChange={(event) => props.onSelectPage(event.currentTarget.checked)}
        />
        Select page
      </label>
      <p class="selection-count" aria-live="polite">
        {isEmpty
          ? total
          : selected === undefined
            ? `Selected: ${total}`
            : `${formatNumber(selected)} selected`}
      </p>
      {!isEmpty && (
        <>
          {selected !== undefined && hasMore && (
            <button type="button" class="plain" onClick={andFocusCheckbox(props.onSelectAll)}>
              Select all that match
            </button>
          )}
          <button type="button" class="plain" onClick={andFocusCheckbox(props.onClear)}>
            Clear selection
          </button>
          <button type="button" class="danger" onClick={props.onRemove}>
            Remove selected
          </button>
        </>
      )}
    </div>
  );
}
