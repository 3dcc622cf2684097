import { hasBareSpace } from '../core/addresses.ts';
import { ApiError } from './errors.ts';
import { ENCODE_PLUS, looksLikeAddress } from './schemas/addresses.ts';

/**
 * Explains why nothing was found for how addresses begin: a space outside quotes is most likely the `+` of a plus tag
 * that the client did not encode. Call it only where nothing was found, because the log may show an address with such a
 * space. Throws `invalid_parameter`.
 */
export function refuseUnencodedPlus(field: string, prefix: string | undefined): void {
  if (prefix !== undefined && hasBareSpace(prefix))
    throw new ApiError('invalid_parameter', ENCODE_PLUS, { field });
}

/**
 * Explains why nothing was found for an address in a query. Call it only where nothing was found: the log may show text
 * that is no address, and finds it. Throws `invalid_parameter`.
 */
export function refuseUnlikelyAddress(field: string, address: string | undefined): void {
  refuseUnencodedPlus(field, address);
  if (address !== undefined && !looksLikeAddress(address))
    throw new ApiError('invalid_parameter', 'must be a whole email address', { field });
}
