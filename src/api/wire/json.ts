/** Any JSON value. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

export type JsonLimits = { readonly depthMax: number; readonly entriesMax: number };

export type Parsed =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly why: string };

const utf8 = new TextDecoder('utf-8', { fatal: true });
const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Parses JSON that a stranger sent. Depth and the number of entries are counted over the bytes before anything is
 * built, so a small body cannot make a large heap or a deep stack. Never throws.
 */
export function parseJson(bytes: Uint8Array, limits: JsonLimits): Parsed {
  const excess = countNesting(bytes, limits);
  if (excess) return { ok: false, why: excess };
  try {
    return { ok: true, value: JSON.parse(utf8.decode(bytes)) as Json };
  } catch {
    return { ok: false, why: 'is not well-formed JSON in UTF-8' };
  }
}

// Expected cost: one pass, about a nanosecond a byte. Bytes of a multi-byte character are never taken for ASCII.
function countNesting(bytes: Uint8Array, { depthMax, entriesMax }: JsonLimits): string | null {
  let depth = 0;
  let entries = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === backslash) at++;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === comma) entries++;
    else if (byte === openBrace || byte === openBracket) {
      entries++;
      if (++depth > depthMax) return `is nested deeper than ${depthMax} levels`;
    } else if (byte === closeBrace || byte === closeBracket) depth--;
  }
  return entries > entriesMax ? `has more than ${entriesMax} entries` : null;
}
