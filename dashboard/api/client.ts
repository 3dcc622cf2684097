/** Converts any thrown value to an error that a page can show. */
export function toApiError(error: unknown): ApiError {
  return error instanceof ApiError
    ? error
    : new ApiError(0, 'internal', `Internal error in the dashboard: ${String(error)}`);
}

/** An error response of the API, or a missing response (`status` 0). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly extras: { readonly field?: string; readonly requestId?: string } = {},
  ) {
    super(message);
  }
}

export type Query = Readonly<Record<string, string | undefined>>;

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Whether the request changes nothing, so that it can be repeated. Default: whether it is a GET. */
  readonly isRead?: boolean;
}

/**
 * Adds the non-empty parameters of `query` to `path`. Equal requests give equal strings, which are the keys of the
 * response cache.
 */
export function withQuery(path: string, query: Query): string {
  const set = Object.entries(query).filter((pair): pair is [string, string] => (pair[1] ?? '') !== '');
  return set.length === 0 ? path : `${path}?${new URLSearchParams(set).toString()}`;
}

interface ErrorBody {
  readonly error?: { readonly code?: string; readonly message?: string; readonly field?: string };
  readonly request_id?: string;
}

async function errorFromResponse(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as ErrorBody;
  const {
    code = 'unavailable',
    message = `The API responded with status ${response.status}`,
    field,
  } = body.error ?? {};
  return new ApiError(response.status, code, message, {
    ...(field !== undefined && { field }),
    ...(body.request_id !== undefined && { requestId: body.request_id }),
  });
}

/** The waits in milliseconds before a read is repeated. Two repetitions bridge a short burst of requests. */
const READ_RETRY_DELAYS_MS = [500, 1_500] as const;

/** Whether the API refused a request only because it is busy. */
function isBusy({ status }: ApiError): boolean {
  return status === 429 || status === 503;
}

export interface ClientDeps {
  readonly fetch: typeof fetch;
  readonly sleep: (ms: number) => Promise<void>;
  /** The URL that `v1/…` is relative to. Ends with a slash. */
  readonly root: URL;
  readonly key: () => string | undefined;
  /** Called with the key of a request that the API rejected because the key is missing or not valid. */
  readonly onKeyRejected: (key: string | undefined) => void;
}

export interface Client {
  /** Returns the raw response. Throws an ApiError if the status is not 2xx. */
  request(path: string, options?: RequestOptions): Promise<Response>;
  /** Returns the JSON body of the response, or undefined if the body is empty. */
  call<T>(path: string, options?: RequestOptions): Promise<T>;
}

/** A client of the public API. The dashboard has no private routes. */
export function createClient({ fetch: sendRequest, sleep, root, key, onKeyRejected }: ClientDeps): Client {
  /** Repeats a read while the API is busy. Without this, a page would show an error that the next second resolves. */
  async function request(path: string, options: RequestOptions = {}): Promise<Response> {
    const { method = 'GET', isRead = method === 'GET', signal } = options;
    for (const delayMs of isRead ? READ_RETRY_DELAYS_MS : []) {
      try {
        return await requestOnce(path, options);
      } catch (error) {
        if (!(error instanceof ApiError) || !isBusy(error)) throw error;
      }
      await sleep(delayMs);
      signal?.throwIfAborted();
    }
    return requestOnce(path, options);
  }
  async function requestOnce(
    path: string,
    { method = 'GET', body, signal }: RequestOptions,
  ): Promise<Response> {
    const usedKey = key();
    let response: Response;
    try {
      response = await sendRequest(new URL(path.replace(/^\//, ''), root), {
        method,
        headers: {
          'x-api-key': usedKey ?? '',
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError(0, 'unreachable', 'The API cannot be reached. Check your network connection.');
    }
    if (response.ok) return response;
    const error = await errorFromResponse(response);
    if (error.code === 'invalid_api_key' || error.code === 'missing_api_key') onKeyRejected(usedKey);
    throw error;
  }
  return {
    request,
    async call<T>(path: string, options?: RequestOptions): Promise<T> {
      const response = await request(path, options);
      try {
        const text = await response.text();
        return (text === '' ? undefined : JSON.parse(text)) as T;
      } catch (error) {
        if (options?.signal?.aborted) throw error;
        throw new ApiError(
          response.status,
          'unreadable',
          'The response is incomplete or does not come from the API.',
        );
      }
    },
  };
}
