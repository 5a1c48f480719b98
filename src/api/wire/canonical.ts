import { createHash, createHmac } from 'node:crypto';
import { parseQuery, type RequestHeaders } from './http.ts';

// The canonical request and signing key of AWS Signature Version 4, from what came over the wire.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

/** Which key signs: `Credential=ID/DATE/REGION/SERVICE/aws4_request` without the id. */
export type Scope = { readonly date: string; readonly region: string; readonly service: string };

export type ToSign = {
  readonly method: string;
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly headers: RequestHeaders;
  /** Lower case, sorted. */
  readonly signedHeaders: readonly string[];
  readonly bodyHash: string;
};

/** The signature, 32 bytes; null where the query is not well-formed, so that nothing can have signed it. */
export function signatureOf(request: ToSign, scope: Scope, timestamp: string, secret: string): Buffer | null {
  const canonical = canonicalRequest(request);
  if (canonical === null) return null;
  const { date, region, service } = scope;
  const scopeText = `${date}/${region}/${service}/aws4_request`;
  const stringToSign = ['AWS4-HMAC-SHA256', timestamp, scopeText, sha256(canonical)].join('\n');
  let key: Buffer | string = `AWS4${secret}`;
  for (const part of [date, region, service, 'aws4_request', stringToSign])
    key = createHmac('sha256', key).update(part).digest();
  return Buffer.from(key);
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function canonicalRequest({
  method,
  rawPath,
  rawQuery,
  headers,
  signedHeaders,
  bodyHash,
}: ToSign): string | null {
  const query = canonicalQuery(rawQuery);
  if (query === null) return null;
  const lines = signedHeaders.map((name) => `${name}:${canonicalHeader(headers[name])}`);
  return [method, canonicalPath(rawPath), query, ...lines, '', signedHeaders.join(';'), bodyHash].join('\n');
}

// Every service but S3 signs the normalised path with what is already encoded encoded once more.
function canonicalPath(rawPath: string): string {
  const segments: string[] = [];
  for (const segment of rawPath.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(encode(segment));
  }
  const end = segments.length > 0 && rawPath.endsWith('/') ? '/' : '';
  return `/${segments.join('/')}${end}`;
}

function canonicalQuery(rawQuery: string): string | null {
  const parameters = parseQuery(rawQuery);
  if (!parameters) return null;
  const encoded = parameters.map(({ name, value }) => ({ name: encode(name), value: encode(value) }));
  encoded.sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value));
  return encoded.map(({ name, value }) => `${name}=${value}`).join('&');
}

function canonicalHeader(value: string | readonly string[] | undefined): string {
  const values = typeof value === 'string' ? [value] : (value ?? []);
  return values.map((one) => one.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')).join(',');
}

const unreserved = /^[A-Za-z0-9\-._~]*$/;

function encode(text: string): string {
  if (unreserved.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
