import { ApiError } from './errors.ts';

/** Refuses a range of time that contains nothing. Throws `conflicting_filters`. */
export function refuseEmptyRange({
  after,
  before,
}: {
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}): void {
  if (after === undefined || before === undefined || Date.parse(after) < Date.parse(before)) return;
  throw new ApiError('conflicting_filters', '`after` must be an earlier time than `before`', {
    field: 'after',
  });
}
