import { createHash, createHmac } from 'node:crypto';

/** What a client needs to sign: an access key and the place that it signs for. */
export type SigningKey = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
};

export type Signable = { readonly method: string; readonly url: URL; readonly body: string };

/** The address of a path, spaces in its query as `%20`: in a signature a plus sign is a plus sign. */
export function signableUrl(path: string, base: string): URL {
  const url = new URL(path, base);
  url.search = url.search.replaceAll('+', '%20');
  return url;
}

/**
 * The headers that sign a request by AWS Signature Version 4.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export function signRequest(request: Signable, key: SigningKey, now: Date): Record<string, string> {
  const time = `${now.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const day = time.slice(0, 8);
  const scope = `${day}/${key.region}/${key.service}/aws4_request`;
  const headers: Record<string, string> = { host: request.url.host, 'x-amz-date': time };
  const names = Object.keys(headers).sort();
  const canonical = [
    request.method,
    request.url.pathname.split('/').map(encode).join('/'),
    [...request.url.searchParams]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&'),
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    sha256(request.body),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  let derived: Buffer | string = `AWS4${key.secretAccessKey}`;
  for (const part of [day, key.region, key.service, 'aws4_request']) derived = hmac(derived, part);
  const signature = hmac(derived, toSign).toString('hex');
  return {
    'x-amz-date': time,
    authorization: `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
