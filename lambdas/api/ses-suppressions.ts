import { DeleteSuppressedDestinationCommand } from '@aws-sdk/client-sesv2';
import { canonicalAddress, withAsciiDomain } from '../core/addresses.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError } from './errors.ts';
import { redactedSesError } from './ses-errors.ts';

const RETRY_SECONDS = 5;

/** Whether the address, written just so, was on the list. */
async function removeSpelling(deps: Pick<ApiDeps, 'ses'>, address: string): Promise<boolean> {
  try {
    await deps.ses.send(new DeleteSuppressedDestinationCommand({ EmailAddress: address }));
    return true;
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : '';
    if (name === 'NotFoundException') return false;
    // SES answers so for an address with a slash, listed or not (github.com/aws/aws-sdk/issues/158).
    if (name === 'BadRequestException') {
      throw new ApiError('invalid_parameter', 'SES cannot remove this address', { field: 'address', cause });
    }
    throw new ApiError(
      'unavailable',
      'SES could not be asked to remove the address; nothing was removed here',
      {
        retryAfterSeconds: RETRY_SECONDS,
        cause: redactedSesError(cause),
      },
    );
  }
}

/**
 * Removes an address from the suppression list that SES keeps for the whole account; gives whether it was there. SES
 * finds an entry only by its exact spelling before the @, and suppresses by it in any case, so each known spelling is
 * removed. SES lists ASCII addresses only, with the domain in punycode; it is not asked about others. Throws
 * `unavailable` where SES gives no response: a repeat of the request then finishes the work.
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
