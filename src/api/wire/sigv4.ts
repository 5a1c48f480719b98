import { createHash, timingSafeEqual } from 'node:crypto';
import { type Scope, sha256, signatureOf } from './canonical.ts';
import { parseQuery, singleHeader, type WireRequest } from './http.ts';

/** What is known of an access key. `principal` is the caller's own: the verifier hands it through. */
export type AccessKey<Principal> = {
  readonly secret: string;
  /** Null for a long-term key; else the request must carry exactly this token. */
  readonly sessionToken: string | null;
  readonly expiresAt: Date | null;
  readonly principal: Principal;
};

export type Verified<Principal> = {
  readonly ok: true;
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  readonly principal: Principal;
};

/** Why a request is not let in: an error code that AWS clients know, and its HTTP status. */
export type Refusal = {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
  readonly status: number;
};

type SignedRequest = Pick<WireRequest, 'method' | 'rawPath' | 'rawQuery' | 'headers' | 'body'>;

export type SigV4Request<Principal> = SignedRequest & {
  /** The signing name that the scope must have. */
  readonly service: string;
  readonly now: Date;
  /** Null for a key that is not known or not active. */
  readonly findKey: (accessKeyId: string) => Promise<AccessKey<Principal> | null>;
};

export const clockSkewMaxMinutes = 5;

/**
 * Verifies the AWS Signature Version 4 of a request's Authorization header over method, path, query, headers and
 * body. Reads no clock and trusts nothing that the signature does not cover. Throws only what `findKey` throws.
 *
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export async function verifySigV4<Principal>(
  request: SigV4Request<Principal>,
): Promise<Verified<Principal> | Refusal> {
  const claim = readClaim(request);
  if (!claim.ok) return claim;
  const refusal =
    checkScope(claim, request.service) ??
    checkClock(claim.timestamp, request.now) ??
    checkCoverage(claim, request);
  if (refusal) return refusal;
  const key = await request.findKey(claim.accessKeyId);
  if (!key || !isToken(key.sessionToken, claim.sessionToken))
    return refuse('UnrecognizedClientException', texts.key);
  if (!isSignedBy(key.secret, claim, request)) return refuse('InvalidSignatureException', texts.signature);
  // After the signature: a stranger does not learn which keys have run out.
  if (key.expiresAt && key.expiresAt <= request.now) return refuse('ExpiredTokenException', texts.expired);
  const { accessKeyId, scope } = claim;
  return { ok: true, accessKeyId, region: scope.region, service: scope.service, principal: key.principal };
}

const texts = {
  missing: 'Missing Authentication Token',
  presigned:
    'Signatures in the query string are not supported: send the signature in the Authorization header.',
  algorithm: "Authorization header requires the algorithm 'AWS4-HMAC-SHA256'.",
  parts: "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters, each once.",
  date: "Authorization header requires a 'X-Amz-Date' header of the form YYYYMMDDTHHMMSSZ.",
  key: 'The security token included in the request is invalid.',
  expired: 'The security token included in the request is expired',
  signature:
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
};

type Claim = {
  readonly ok: true;
  readonly accessKeyId: string;
  readonly scope: Scope;
  readonly signedHeaders: readonly string[];
  readonly signature: Buffer;
  readonly timestamp: string;
  readonly sessionToken: string | null;
};

function readClaim({ headers, rawQuery }: SignedRequest): Claim | Refusal {
  if (headers.authorization === undefined)
    return isPresigned(rawQuery)
      ? refuse('IncompleteSignatureException', texts.presigned)
      : refuse('MissingAuthenticationTokenException', texts.missing);
  const authorization = singleHeader(headers, 'authorization') ?? '';
  if (!authorization.startsWith('AWS4-HMAC-SHA256 '))
    return refuse('IncompleteSignatureException', texts.algorithm);
  const parts = readParts(authorization.slice('AWS4-HMAC-SHA256 '.length));
  if (!parts) return refuse('IncompleteSignatureException', texts.parts);
  const timestamp = singleHeader(headers, 'x-amz-date') ?? '';
  if (!/^\d{8}T\d{6}Z$/.test(timestamp)) return refuse('IncompleteSignatureException', texts.date);
  const hasToken = headers['x-amz-security-token'] !== undefined;
  const sessionToken = hasToken ? (singleHeader(headers, 'x-amz-security-token') ?? '') : null;
  return { ok: true, ...parts, timestamp, sessionToken };
}

function isPresigned(rawQuery: string): boolean {
  const names = parseQuery(rawQuery)?.map(({ name }) => name.toLowerCase()) ?? [];
  return names.includes('x-amz-signature') || names.includes('x-amz-algorithm');
}

type Parts = Pick<Claim, 'accessKeyId' | 'scope' | 'signedHeaders' | 'signature'>;

function readParts(text: string): Parts | null {
  const parts = new Map<string, string>();
  for (const part of text.split(',', 4)) {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(equals, 0)).trim();
    if (parts.has(name)) return null;
    parts.set(name, part.slice(equals + 1).trim());
  }
  const credential = /^([\w-]{1,128})\/(\d{8})\/([a-z0-9-]{1,64})\/([a-z0-9-]{1,64})\/aws4_request$/.exec(
    parts.get('Credential') ?? '',
  );
  const signedHeaders = (parts.get('SignedHeaders') ?? '').split(';');
  const signature = parts.get('Signature') ?? '';
  if (parts.size !== 3 || !credential || !isSortedHeaders(signedHeaders) || !/^[0-9a-f]{64}$/.test(signature))
    return null;
  const [, accessKeyId = '', date = '', region = '', service = ''] = credential;
  return {
    accessKeyId,
    scope: { date, region, service },
    signedHeaders,
    signature: Buffer.from(signature, 'hex'),
  };
}

function isSortedHeaders(names: readonly string[]): boolean {
  return names.every(
    (name, index) =>
      /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name) && (index === 0 || (names[index - 1] ?? '') < name),
  );
}

function checkScope({ scope, timestamp }: Claim, service: string): Refusal | null {
  const date = timestamp.slice(0, 8);
  if (scope.service !== service)
    return refuse(
      'InvalidSignatureException',
      `Credential should be scoped to correct service: '${service}'.`,
    );
  if (scope.date !== date)
    return refuse(
      'InvalidSignatureException',
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scope.date}' != '${date}', from '${timestamp}'.`,
    );
  return null;
}

function checkClock(timestamp: string, now: Date): Refusal | null {
  const [early, late] = [-clockSkewMaxMinutes, clockSkewMaxMinutes].map((minutes) =>
    basicTime(new Date(now.getTime() + minutes * 60_000)),
  );
  const [clock, bound] = [basicTime(now), `${clockSkewMaxMinutes} min.`];
  // Both are written alike, so the order of the texts is the order of the times.
  if (early !== undefined && timestamp < early)
    return refuse(
      'InvalidSignatureException',
      `Signature expired: ${timestamp} is now earlier than ${early} (${clock} - ${bound})`,
    );
  if (late !== undefined && timestamp > late)
    return refuse(
      'InvalidSignatureException',
      `Signature not yet current: ${timestamp} is still later than ${late} (${clock} + ${bound})`,
    );
  return null;
}

function basicTime(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

// What is not signed could be changed on the way: the host, the time, and all that AWS gives a meaning.
function checkCoverage({ signedHeaders }: Claim, { headers }: SignedRequest): Refusal | null {
  const present = Object.keys(headers).filter((name) => headers[name] !== undefined);
  const needed = ['host', ...present.filter((name) => name.startsWith('x-amz-'))];
  const unsigned = needed.filter((name) => !signedHeaders.includes(name));
  const absent = signedHeaders.filter((name) => !present.includes(name));
  if (unsigned.length === 0 && absent.length === 0) return null;
  const list = [...new Set([...unsigned, ...absent])].slice(0, 10).join(', ');
  return refuse(
    'InvalidSignatureException',
    `The signature must cover headers that the request has, among them 'host' and all that begin with 'x-amz-'. Check: ${list}.`,
  );
}

function isSignedBy(secret: string, claim: Claim, request: SignedRequest): boolean {
  const { method, rawPath, rawQuery, headers, body } = request;
  const { signedHeaders, scope, timestamp } = claim;
  // Never the client's own word for the body's hash: that would let the body be swapped.
  const bodyHash = sha256(body);
  if ((singleHeader(headers, 'x-amz-content-sha256') ?? bodyHash) !== bodyHash) return false;
  const toSign = { method, rawPath, rawQuery, headers, signedHeaders, bodyHash };
  const expected = signatureOf(toSign, scope, timestamp, secret);
  return expected !== null && timingSafeEqual(expected, claim.signature);
}

function isToken(expected: string | null, given: string | null): boolean {
  if (expected === null || given === null) return expected === given;
  const [a, b] = [expected, given].map((token) => createHash('sha256').update(token).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

function refuse(code: string, message: string, status = 403): Refusal {
  return { ok: false, code, message, status };
}
