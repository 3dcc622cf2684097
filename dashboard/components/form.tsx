import type { ComponentChildren, JSX } from 'preact';
import { useContext, useId, useState } from 'preact/hooks';
import { toApiError, type ApiError } from '../api/client.ts';
import { SetDialogBusy } from './dialog.tsx';
import { ErrorState } from './states.tsx';

interface FieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  /** Renders the input, with the attributes that connect it to its label, hint and error. */
  readonly children: (inputProps: {
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
      <div id={`${id}-hint`} class={error === undefined ? 'hint' : 'hint invalid'} aria-live="polite">
        {error ?? hint}
      </div>
    </div>
  );
}

/** A field with a list of options. An option without a label shows its value. */
export function SelectField({
  name,
  value,
  options,
  onChange,
  ...field
}: Omit<FieldProps, 'children'> & {
  readonly name: string;
  readonly value: string;
  readonly options: readonly (string | readonly [value: string, label: string])[];
  readonly onChange: (value: string) => void;
}) {
  return (
    <Field {...field}>
      {(inputProps) => (
        <select
          {...inputProps}
          name={name}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {options.map((option) => {
            const [optionValue, label] = typeof option === 'string' ? [option, option] : option;
            return (
              <option key={optionValue} value={optionValue}>
                {label}
              </option>
            );
          })}
        </select>
      )}
    </Field>
  );
}

/** A form that shows API errors next to the field concerned, and cannot be submitted twice at the same time. */
export function Form({
  action,
  onSubmit,
  children,
  disabled = false,
  fields,
}: {
  /** Label of the submit button. */
  readonly action: string;
  readonly onSubmit: () => Promise<void>;
  readonly children: (error: ApiError | undefined) => ComponentChildren;
  readonly disabled?: boolean;
  /** Names of the fields that show their own errors. All other errors are shown below the form. */
  readonly fields: readonly string[];
}) {
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const setDialogBusy = useContext(SetDialogBusy);
  async function submit(event: JSX.TargetedEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setDialogBusy(true);
    setError(undefined);
    try {
      await onSubmit();
    } catch (thrown) {
      setError(toApiError(thrown));
    } finally {
      setBusy(false);
      setDialogBusy(false);
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      {children(error)}
      {error && !fields.some((name) => fieldError(error, name) !== undefined) && <ErrorState error={error} />}
      <footer class="dialog-foot">
        <button type="submit" class="primary" disabled={busy || disabled}>
          {action}
        </button>
      </footer>
    </form>
  );
}

/** The message of an API error if the error is about this field or an element of it. Otherwise undefined. */
export function fieldError(error: ApiError | undefined, field: string): string | undefined {
  const errorField = error?.extras.field;
  return errorField === field || errorField?.startsWith(`${field}[`) === true ? error?.message : undefined;
}
