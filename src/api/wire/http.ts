/** Header names in lower case; a header that came more than once is a list. Node's `headersDistinct` has this form. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** One HTTP request as it came over the wire: nothing decoded, nothing normalised. */
export type WireRequest = {
  readonly method: string;
  /** The path exactly as sent, percent-encoding kept: signatures are made over it. */
  readonly rawPath: string;
  /** What follows the first `?`, exactly as sent; empty where there is none. */
  readonly rawQuery: string;
  readonly headers: RequestHeaders;
  readonly body: Buffer;
  readonly remoteAddress: string | null;
};

export type WireResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

/** The value of a header that may come once, or null where it is absent or came more than once. */
export function singleHeader(headers: RequestHeaders, name: string): string | null {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (typeof value === 'string') return value;
  return value?.length === 1 ? (value[0] ?? null) : null;
}

/** One `name=value` of a query string, decoded. */
export type QueryParameter = { readonly name: string; readonly value: string };

export const queryParametersMax = 1_000;

/**
 * The parameters of a query string in their order, or null where it is not well-formed percent-encoded UTF-8 or has
 * more than `queryParametersMax` of them. `+` stands for itself: SigV4 clients write a space as `%20`.
 */
export function parseQuery(rawQuery: string): readonly QueryParameter[] | null {
  if (rawQuery === '') return [];
  const pairs = rawQuery.split('&', queryParametersMax + 1);
  if (pairs.length > queryParametersMax) return null;
  const parameters: QueryParameter[] = [];
  for (const pair of pairs) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decodeComponent(equals < 0 ? pair : pair.slice(0, equals));
    const value = decodeComponent(equals < 0 ? '' : pair.slice(equals + 1));
    if (name === null || value === null) return null;
    parameters.push({ name, value });
  }
  return parameters;
}

/** Percent-decodes once; null where an escape is broken or the bytes are not UTF-8. */
export function decodeComponent(text: string): string | null {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
