import type { ComponentChildren, JSX } from 'preact';
import { useContext, useId, useState } from 'preact/hooks';
import { toApiError, type ApiError } from '../api/client.ts';
import { SetDialogBusy } from './dialog.tsx';
import { ErrorState } from './states.tsx';

interface FieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  /** Is given what ties label, hint and error to the input. */
  readonly children: (ties: {
    readonly id: string;
    readonly 'aria-describedby': string;
    readonly 'aria-invalid': boolean;
  }) => ComponentChildren;
}

export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-hint`, 'aria-invalid': error !== undefined })}
      <div id={`${id}-hint`} class={error === undefined ? 'hint' : 'hint wrong'} aria-live="polite">
        {error ?? hint}
      </div>
    </div>
  );
}

/** A field with one of some values; an option without words of its own is its value. */
export function SelectField({
  name,
  value,
  options,
  onChange,
  ...field
}: Omit<FieldProps, 'children'> & {
  readonly name: string;
  readonly value: string;
  readonly options: readonly (string | readonly [value: string, words: string])[];
  readonly onChange: (value: string) => void;
}) {
  return (
    <Field {...field}>
      {(ties) => (
        <select {...ties} name={name} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          {options.map((option) => {
            const [each, words] = typeof option === 'string' ? [option, option] : option;
            return (
              <option key={each} value={each}>
                {words}
              </option>
            );
          })}
        </select>
      )}
    </Field>
  );
}

/** A form that says what went wrong by the field, and cannot be sent twice. */
export function Form({
  action,
  onSubmit,
  children,
  disabled = false,
  fields,
}: {
  /** What its button says. */
  readonly action: string;
  readonly onSubmit: () => Promise<void>;
  readonly children: (fault: ApiError | undefined) => ComponentChildren;
  readonly disabled?: boolean;
  /** Those that say themselves what is wrong with them. */
  readonly fields: readonly string[];
}) {
  const [fault, setFault] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const tellDialog = useContext(SetDialogBusy);
  async function submit(event: JSX.TargetedEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    setBusy(true);
    tellDialog(true);
    setFault(undefined);
    try {
      await onSubmit();
    } catch (error) {
      setFault(toApiError(error));
    } finally {
      setBusy(false);
      tellDialog(false);
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      {children(fault)}
      {fault && !fields.some((name) => fieldError(fault, name) !== undefined) && <ErrorState error={fault} />}
      <footer class="dialog-foot">
        <button type="submit" class="primary" disabled={busy || disabled}>
          {action}
        </button>
      </footer>
    </form>
  );
}

/** The API's word on a field, where it is about that one. */
export function fieldError(fault: ApiError | undefined, field: string): string | undefined {
  const named = fault?.extras.field;
  return named === field || named?.startsWith(`${field}[`) === true ? fault?.message : undefined;
}
