import { hasBareSpace } from '../core/addresses.ts';
import { ApiError } from './errors.ts';
import { ENCODE_PLUS, looksLikeAddress } from './schemas/addresses.ts';

/**
 * Explains an empty result for an address prefix: a space outside quotes is most likely the `+` of a plus tag that the client
 * did not encode. Call this only if nothing was found, because a stored address may contain such a space. Throws
 * `invalid_parameter`.
 */
export function refuseUnencodedPlus(field: string, prefix: string | undefined): void {
  if (prefix !== undefined && hasBareSpace(prefix))
    throw new ApiError('invalid_parameter', ENCODE_PLUS, { field });
}

/**
 * Explains an empty result for an address in a query. Call this only if nothing was found, because the log may contain text
 * that is not an address. Throws `invalid_parameter`.
 */
export function refuseUnlikelyAddress(field: string, address: string | undefined): void {
  refuseUnencodedPlus(field, address);
  if (address !== undefined && !looksLikeAddress(address))
    throw new ApiError('invalid_parameter', 'must be a complete email address', { field });
}
