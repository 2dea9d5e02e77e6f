import { DeleteError, type ObjectStore, StoreError, type StoreErrorKind } from '@wal/s3log';

/** A store on a server that keeps objects by their names: a put that must not replace anything says `If-None-Match: *`. */
export function createHttpStore(url: string): ObjectStore {
  const at = (key: string): URL => new URL(encodeURIComponent(key), url);
  return {
    putIfAbsent: async (key, body, { signal } = {}) => {
      const headers = { 'if-none-match': '*' };
      const { status } = await send(at(key), { method: 'PUT', body, headers, signal }, [412]);
      return status === 412 ? 'exists' : 'created';
    },

    get: async (key, { range, signal } = {}) => {
      const headers = new Headers();
      if (range) headers.set('range', `bytes=${range.offset}-${range.offset + range.length - 1}`);
      const answer = await send(at(key), { headers, signal }, [404, 416]);
      if (answer.status === 404) return undefined;
      if (answer.status === 416) return { body: new Uint8Array(0), size: 0 }; // Nothing lies in the range.
      const body = await bodyOf(answer);
      const [, size = body.length] = answer.headers.get('content-range')?.split('/') ?? [];
      return { body, size: Number(size) };
    },

    list: async (prefix, { startAfter = '', limit = 1000, signal } = {}) => {
      const query = new URLSearchParams({ prefix, startAfter, limit: String(limit) });
      const answer = await send(new URL(`?${query}`, url), { signal });
      return JSON.parse(Buffer.from(await bodyOf(answer)).toString());
    },

    delete: async (keys, { signal } = {}) => {
      const failed: string[] = [];
      let cause: unknown;
      for (const key of keys) {
        await send(at(key), { method: 'DELETE', signal }, [404]).catch((error) => {
          failed.push(key);
          cause = error;
        });
      }
      if (failed.length > 0) throw new DeleteError(failed, cause);
    },
  };
}

/** What a status means for a log; of any other nobody knows what became of the request. */
const KINDS: Readonly<Record<number, StoreErrorKind>> = {
  401: 'refused',
  403: 'refused',
  409: 'conflict',
  429: 'throttled',
  501: 'unsupported',
  503: 'throttled',
};

/** One attempt. */
async function send(
  url: URL,
  { signal, ...init }: Omit<RequestInit, 'signal'> & { signal?: AbortSignal | undefined },
  expected: readonly number[] = [],
): Promise<Response> {
  const answer = await fetch(url, { ...init, signal: signal ?? null }).catch((error) => {
    throw new StoreError('unavailable', `no answer from ${url.origin}`, error);
  });
  if (answer.ok || expected.includes(answer.status)) return answer;
  await answer.body?.cancel();
  throw new StoreError(KINDS[answer.status] ?? 'unavailable', `HTTP ${answer.status} from ${url}`);
}

async function bodyOf(answer: Response): Promise<Uint8Array> {
  const body = await answer.arrayBuffer().catch((error) => {
    throw new StoreError('unavailable', 'the answer broke off', error);
  });
  return new Uint8Array(body);
}
