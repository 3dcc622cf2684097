import type { EmailEvent } from '../events.ts';
import { reasonOfCodes, reasonOfProviderCodes } from './codes.ts';
import { readDiagnostic } from './diagnostic.ts';
import { DIAGNOSTIC_RULES } from './rules.ts';
import type { Reason } from './reasons.ts';
import { SES_CAUSES, SES_HINTS } from './ses-types.ts';

/** The parts of an event that decide its reason. */
type Classified = Pick<EmailEvent, 'event' | 'details' | 'to'>;

function sesValues({ details }: Classified): readonly string[] {
  const { bounce_subtype: subtype = '', delay_type: delayType = '' } = details;
  return [subtype.toLowerCase(), delayType.toLowerCase()];
}

function firstOf(reasons: ReadonlyMap<string, Reason>, values: readonly string[]): Reason | undefined {
  return values.map((value) => reasons.get(value)).find((reason) => reason !== undefined);
}

/**
 * Why an email bounced or was delayed. Undefined for every other event. `unknown` if nothing is recognized. Reads the first
 * 4,096 characters of the diagnostic code, throws for no input, and needs time in proportion to the text that it reads.
 *
 * The most certain evidence decides: the cause that SES names, a status code to which the provider gives a meaning of its
 * own, the words of the mail server, the enhanced status code, the reply code, and the family of causes that SES names.
 */
export function reasonOf(event: Classified): Reason | undefined {
  if (event.event !== 'bounced' && event.event !== 'soft_bounced' && event.event !== 'delayed')
    return undefined;
  const values = sesValues(event);
  const cause = firstOf(SES_CAUSES, values);
  if (cause !== undefined) return cause;
  const diagnostic = readDiagnostic(event.details.diagnostic_code ?? '', event.to);
  const temporary = diagnostic.temporary ?? event.event !== 'bounced';
  return (
    reasonOfProviderCodes(diagnostic) ??
    DIAGNOSTIC_RULES.find(
      ({ only, phrases }) =>
        (only === undefined || (only === 'temporary') === temporary) && phrases.some(diagnostic.contains),
    )?.reason ??
    reasonOfCodes(diagnostic) ??
    firstOf(SES_HINTS, values) ??
    'unknown'
  );
}

/** The event with its reason. The event itself if such an event has no reason. */
export function withReason<Event extends Classified>(event: Event): Event {
  const reason = reasonOf(event);
  return reason === undefined ? event : { ...event, details: { ...event.details, reason } };
}
