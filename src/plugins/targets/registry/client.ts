import { createHash } from 'node:crypto';
import { fields, list, textOf } from '../../../lib/fields.ts';
import { type Descriptor, digestPattern } from '../image.ts';
import { openAuthority } from './authority.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { Documents, RegistryDocument } from './documents.ts';
import type { ImageReference } from './reference.ts';
import { RegistryError, shownText } from './registry-error.ts';
import { mayBePlain, probe, type Reply, readWhole, type Send, type Surroundings, send } from './transport.ts';

/**
 * Reads from one repository. Every call throws a RegistryError that says what is wrong and what to do.
 * Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export type RegistryClient = {
  /** The manifest or index under a tag or digest, checked against its digest. */
  manifest(tagOrDigest: string): Promise<RegistryDocument>;
  /** A small JSON blob, checked against its digest. */
  jsonBlob(descriptor: Descriptor): Promise<RegistryDocument>;
  /** A blob from a byte on: status 206, or 200 and the whole of it where the registry knows no ranges. */
  blob(digest: string, fromByte: number): Promise<Reply>;
};

type Connection = { readonly base: URL; challenges: readonly Challenge[] };

/** Bytes of a manifest, index or configuration. */
export const documentBytesMax = 8 * 2 ** 20;
const errorBytesMax = 64 * 1024;
const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** A client for the reference's repository; it contacts nobody before the first call. */
export function openClient(
  reference: ImageReference,
  surroundings: Surroundings,
  documents: Documents,
): RegistryClient {
  const { host, repository } = reference;
  const authority = openAuthority(reference, surroundings);
  let connecting: Promise<Connection> | null = null;
  const keyOf = (name: string) => `${host}/${repository} ${name}`;

  async function ask(method: Send['method'], path: string, headers: Record<string, string>): Promise<Reply> {
    connecting ??= connect(reference, surroundings);
    const connection = await connecting;
    const url = new URL(`/v2/${repository}/${path}`, connection.base);
    const attempt = async (refused: string | null) => {
      const authorization = await authority.authorise(connection.base, connection.challenges, refused);
      return { authorization, reply: await send({ method, url, headers, authorization }, surroundings) };
    };
    const first = await attempt(null);
    if (first.reply.status !== 401) return first.reply;
    // A registry may let everybody in at its door and ask for a token at a repository; or the token ran out.
    await first.reply.discard();
    const offered = parseChallenges(first.reply.headers.get('www-authenticate'));
    if (offered.length > 0) connection.challenges = offered;
    const second = await attempt(first.authorization ?? '');
    if (second.reply.status !== 401) return second.reply;
    await second.reply.discard();
    throw await authority.refusal();
  }

  /** What the tag pointed to when it was last read, where the registry says that it still does. */
  async function unmoved(tag: string): Promise<RegistryDocument | null> {
    const last = documents.get(keyOf(tag));
    if (!last) return null;
    const reply = await ask('HEAD', `manifests/${tag}`, { accept: manifestTypes.join(', ') });
    await reply.discard();
    const isSame = reply.status === 200 && reply.headers.get('docker-content-digest') === last.digest;
    return isSame ? last : null;
  }

  return {
    async manifest(wanted) {
      const isDigest = digestPattern.test(wanted);
      const known = isDigest ? documents.get(keyOf(wanted)) : await unmoved(wanted);
      if (known) return known;
      const reply = await ask('GET', `manifests/${wanted}`, { accept: manifestTypes.join(', ') });
      const what = isDigest ? `manifest ${wanted}` : `tag '${wanted}'`;
      if (reply.status !== 200) throw await statusError(reply, reference, what);
      const bytes = await readWhole(reply, documentBytesMax, what, 'documentBytesMax');
      const stated = reply.headers.get('docker-content-digest');
      const expected = isDigest ? wanted : stated && digestPattern.test(stated) ? stated : null;
      const document = readDocument(bytes, reply.headers.get('content-type') ?? '', expected, what);
      documents.put(keyOf(wanted), document);
      documents.put(keyOf(document.digest), document);
      return document;
    },
    async jsonBlob({ digest, mediaType, size }) {
      const known = documents.get(keyOf(digest));
      if (known) return known;
      if (!digestPattern.test(digest)) throw notADigest(digest);
      const what = `configuration ${digest}`;
      const reply = await ask('GET', `blobs/${digest}`, {});
      if (reply.status !== 200) throw await statusError(reply, reference, what);
      const most = size > 0 ? Math.min(size, documentBytesMax) : documentBytesMax;
      const bytes = await readWhole(reply, most, what, 'documentBytesMax');
      const document = readDocument(bytes, mediaType, digest, what);
      documents.put(keyOf(digest), document);
      return document;
    },
    async blob(digest, fromByte) {
      if (!digestPattern.test(digest)) throw notADigest(digest);
      const reply = await ask('GET', `blobs/${digest}`, fromByte > 0 ? { range: `bytes=${fromByte}-` } : {});
      if (reply.status === 200 || reply.status === 206 || reply.status === 416) return reply;
      throw await statusError(reply, reference, `layer ${digest}`);
    },
  };
}

/** Finds out how the host is spoken with, and what it wants to see. */
async function connect(reference: ImageReference, surroundings: Surroundings): Promise<Connection> {
  const { apiHost } = reference;
  const doorAt = (scheme: string) => new URL(`${scheme}://${apiHost}/v2/`);
  if (!mayBePlain(apiHost, surroundings.env)) {
    return enter(
      doorAt('https'),
      await send({ method: 'GET', url: doorAt('https') }, surroundings),
      reference,
    );
  }
  // Only where plain HTTP is allowed at all may a failed greeting lead to it.
  const secure = await probe({ method: 'GET', url: doorAt('https') }).catch((error: Error) => error);
  if (!(secure instanceof Error)) return enter(doorAt('https'), secure, reference);
  const plain = await send({ method: 'GET', url: doorAt('http') }, surroundings).catch((error: Error) => {
    throw new RegistryError('unreadable', `${error.message}; and by HTTPS ${secure.message}`);
  });
  return enter(doorAt('http'), plain, reference);
}

async function enter(base: URL, reply: Reply, reference: ImageReference): Promise<Connection> {
  if (reply.status === 429 || reply.status >= 500) throw await statusError(reply, reference, '/v2/');
  await reply.discard();
  if (![200, 401, 403].includes(reply.status)) {
    const why = `${reference.host} answers ${reply.status} at /v2/: it is not a registry`;
    throw new RegistryError('unreadable', why);
  }
  return { base, challenges: parseChallenges(reply.headers.get('www-authenticate')) };
}

function readDocument(
  bytes: Buffer,
  contentType: string,
  expected: string | null,
  what: string,
): RegistryDocument {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (expected !== null && digest !== expected) {
    throw new RegistryError(
      'malformed',
      `${what} hashes to ${digest} and not to ${expected}: it was damaged or changed`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new RegistryError('malformed', `${what} is not JSON`);
  }
  const mediaType = textOf(fields(json).mediaType) ?? contentType.split(';')[0]?.trim() ?? '';
  return { digest, mediaType, json, sizeBytes: bytes.length };
}

function notADigest(text: string): RegistryError {
  return new RegistryError('unsupported', `'${shownText(text)}' is not a sha256 digest`);
}

/** An answer that is none of the wanted ones, as a sentence. */
async function statusError(reply: Reply, reference: ImageReference, what: string): Promise<RegistryError> {
  const { host, repository } = reference;
  const fail = (why: string) => new RegistryError('unreadable', why);
  const said = await saidBy(reply);
  if (reply.status === 404) return fail(`${host} has no ${what} of ${repository}: check the name${said}`);
  if (reply.status === 403) return fail(`${host} does not allow ${what} of ${repository} to be read${said}`);
  if (reply.status === 429) {
    const wait = reply.headers.get('retry-after');
    const when = wait && /^[0-9]{1,9}$/.test(wait) ? `; it asks to wait ${wait} seconds` : '';
    return fail(`${host} is asked too often${when}. Logged in, one may often ask more${said}`);
  }
  if (reply.status >= 500) return fail(`${host} answers ${reply.status} for ${what}; try again later${said}`);
  return fail(`${host} answers ${reply.status} for ${what} of ${repository}${said}`);
}

/** ` (MANIFEST_UNKNOWN: manifest unknown)`, or nothing. */
async function saidBy(reply: Reply): Promise<string> {
  try {
    const bytes = await readWhole(reply, errorBytesMax, 'the error', 'errorBytesMax');
    const first = fields(list(fields(JSON.parse(bytes.toString('utf8'))).errors)[0]);
    const parts = [textOf(first.code), textOf(first.message)].filter((text) => text !== null);
    return parts.length > 0 ? ` (${shownText(parts.join(': '))})` : '';
  } catch {
    // The status alone says enough.
    return '';
  }
}
