import { DeleteSuppressedDestinationCommand } from '@aws-sdk/client-sesv2';
import { canonicalAddress, withAsciiDomain } from '../core/addresses.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError } from './errors.ts';
import { redactedSesError } from './ses-errors.ts';

const RETRY_SECONDS = 5;

/** Removes this exact spelling of an address. Returns whether it was on the list. */
async function removeSpelling(deps: Pick<ApiDeps, 'ses'>, address: string): Promise<boolean> {
  try {
    await deps.ses.send(new DeleteSuppressedDestinationCommand({ EmailAddress: address }));
    return true;
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : '';
    if (name === 'NotFoundException') return false;
    // SES returns this error for any address with a slash, listed or not (github.com/aws/aws-sdk/issues/158).
    if (name === 'BadRequestException') {
      throw new ApiError(
        'invalid_parameter',
        'Amazon SES cannot remove this address from its suppression list',
        {
          field: 'address',
          cause,
        },
      );
    }
    throw new ApiError(
      'unavailable',
      'The request to Amazon SES failed, so the address stays on the suppression list. Try again',
      {
        retryAfterSeconds: RETRY_SECONDS,
        cause: redactedSesError(cause),
      },
    );
  }
}

/**
 * Removes an address from the suppression list that SES keeps for the account. Returns whether it was on the list. SES finds
 * an entry only by the exact spelling before the @, but it suppresses any spelling, so every known spelling is removed. SES
 * lists only ASCII addresses with the domain in punycode, so it is not called for others. Throws `unavailable` if SES does not
 * respond. A repeated request then finishes the removal.
 */
export async function removeFromSes(
  deps: Pick<ApiDeps, 'ses'>,
  spellings: readonly string[],
): Promise<boolean> {
  const known = new Set(
    spellings.flatMap((address) => [withAsciiDomain(address.trim()), canonicalAddress(address)]),
  );
  const listable = [...known].filter((address) => /^[\u0020-\u007e]+$/.test(address));
  const removed = await Promise.all(listable.map((address) => removeSpelling(deps, address)));
  return removed.includes(true);
}
