import { limitField, type LimitTexts } from '../../text/dry-run.ts';
import { WINDOW_TEXT } from '../../text/reputation.ts';
import { statusLabel } from '../../text/status.ts';

const METRICS = { bounce: 'Bounce rate', complaint: 'Complaint rate' } as const;
const COLUMNS = { warning: 'Warning', pause: 'Pause', min_count: 'At least' } as const;
const CASES = { bounce: 'bounces', complaint: 'complaints' } as const;

interface Props {
  readonly texts: LimitTexts;
  readonly errors: Readonly<Record<string, string>>;
  readonly onChange: (texts: LimitTexts) => void;
}

function LimitInput({
  field,
  label,
  unit,
  texts,
  errors,
  onChange,
}: Props & { readonly field: string; readonly label: string; readonly unit: string }) {
  const error = errors[field];
  return (
    <span class="limit-input">
      <input
        type="text"
        inputMode="decimal"
        autocomplete="off"
        name={field}
        aria-label={label}
        aria-invalid={error !== undefined}
        {...(error !== undefined && { 'aria-describedby': `${field}-error` })}
        value={texts[field]}
        onInput={(event) => onChange({ ...texts, [field]: event.currentTarget.value })}
      />
      <span class="quiet" aria-hidden="true">
        {unit}
      </span>
      {error !== undefined && (
        <span id={`${field}-error`} class="hint invalid">
          {error}
        </span>
      )}
    </span>
  );
}

/** The fields of the limits: for each window the smallest volume, and for each rate the limits and the smallest count. */
export function LimitsFields(props: Props) {
  return (
    <div class="limits">
      {(['hour', 'day'] as const).map((window) => {
        const name = WINDOW_TEXT[window];
        return (
          <fieldset key={window}>
            <legend>{statusLabel(name)}</legend>
            <div class="limit-row">
              <span>At least</span>
              <LimitInput
                {...props}
                field={limitField(window, 'min_sent')}
                label={`Smallest number of emails, ${name}`}
                unit="emails"
              />
            </div>
            {(['bounce', 'complaint'] as const).map((metric) => (
              <div key={metric} class="limit-row">
                <span>{METRICS[metric]}</span>
                {(['warning', 'pause', 'min_count'] as const).map((kind) => (
                  <span key={kind} class="limit-cell">
                    <span class="quiet" aria-hidden="true">
                      {COLUMNS[kind]}
                    </span>
                    <LimitInput
                      {...props}
                      field={limitField(window, metric, kind)}
                      label={
                        kind === 'min_count'
                          ? `Smallest number of ${CASES[metric]}, ${name}`
                          : `${METRICS[metric]}, ${kind} limit in percent, ${name}`
                      }
                      unit={kind === 'min_count' ? CASES[metric] : '%'}
                    />
                  </span>
                ))}
              </div>
            ))}
          </fieldset>
        );
      })}
    </div>
  );
}
