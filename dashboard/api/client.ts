/** Whatever was thrown, as something that can be shown. */
export function toApiError(error: unknown): ApiError {
  return error instanceof ApiError
    ? error
    : new ApiError(0, 'internal', `The dashboard has a fault: ${String(error)}`);
}

/** An answer of the API that is an error, or none at all (`status` 0). */
export class ApiError extends Error {
  override readonly name = 'ApiFault';
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
}

/** `path` with what of `query` is set; one text for one question, by which answers are kept. */
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
  const { code = 'unavailable', message = `The API answered ${response.status}`, field } = body.error ?? {};
  return new ApiError(response.status, code, message, {
    ...(field !== undefined && { field }),
    ...(body.request_id !== undefined && { requestId: body.request_id }),
  });
}

export interface ClientDeps {
  readonly fetch: typeof fetch;
  /** Where `v1/…` is; ends with a slash. */
  readonly root: URL;
  readonly key: () => string | undefined;
  /** The key a request was made with is no longer good. */
  readonly onKeyRejected: (key: string | undefined) => void;
}

export interface Client {
  /** The answer as it came; throws an ApiFault for any but a 2xx. */
  request(path: string, request?: RequestOptions): Promise<Response>;
  /** The answer as JSON; undefined where it has no body. */
  call<T>(path: string, request?: RequestOptions): Promise<T>;
}

/** The public API, as any other program would call it. */
export function createClient({ fetch: send, root, key, onKeyRejected }: ClientDeps): Client {
  async function ask(path: string, { method = 'GET', body, signal }: RequestOptions = {}): Promise<Response> {
    const used = key();
    let response: Response;
    try {
      response = await send(new URL(path.replace(/^\//, ''), root), {
        method,
        headers: {
          'x-api-key': used ?? '',
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
      throw new ApiError(0, 'unreachable', 'The API cannot be reached: is the network up?');
    }
    if (response.ok) return response;
    const fault = await errorFromResponse(response);
    if (fault.code === 'invalid_api_key' || fault.code === 'missing_api_key') onKeyRejected(used);
    throw fault;
  }
  return {
    request: ask,
    async call<T>(path: string, request?: RequestOptions): Promise<T> {
      const response = await ask(path, request);
      try {
        const text = await response.text();
        return (text === '' ? undefined : JSON.parse(text)) as T;
      } catch (error) {
        if (request?.signal?.aborted) throw error;
        throw new ApiError(
          response.status,
          'unreadable',
          'The answer of the API broke off, or is none of its own.',
        );
      }
    },
  };
}
