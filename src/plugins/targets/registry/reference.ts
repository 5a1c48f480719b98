import { type Problem, problem } from '../../../model/problem.ts';
import { digestPattern } from '../image.ts';

/** An image in a registry, and perhaps the one platform of it that is wanted. */
export type ImageReference = {
  /** As people name it: `docker.io`, `registry.example:5000`. */
  readonly host: string;
  /** The host, with its port, that answers the API. */
  readonly apiHost: string;
  readonly repository: string;
  /** Null only where a digest stands alone. */
  readonly tag: string | null;
  readonly digest: string | null;
  readonly platform: Platform | null;
};

export type Platform = {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | null;
};

const referenceLengthMax = 1024;
const repositoryLengthMax = 255;
const hubNames: readonly string[] = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/**
 * `[HOST[:PORT]/]NAME[:TAG][@DIGEST][?platform=OS/ARCH[/VARIANT]]`. Without a host it is Docker Hub's, without tag and
 * digest it is `latest`. Answers a problem that names the wrong part.
 * Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 */
export function parseReference(text: string): ImageReference | Problem {
  const refuse = (why: string) => problem('malformed', text.slice(0, 200) || 'registry reference', why);
  if (text.length > referenceLengthMax) return refuse(`is longer than ${referenceLengthMax} characters`);
  const [plain, query] = cut(text, '?');
  const platform = query === null ? null : parsePlatform(query);
  if (query !== null && !platform)
    return refuse('after the question mark only platform=OS/ARCH or platform=OS/ARCH/VARIANT is known');
  const [named, digest] = cut(plain, '@');
  if (digest !== null && !digestPattern.test(digest))
    return refuse(
      'the part after @ is not a sha256 digest: only sha256:… with 64 hexadecimal digits is known',
    );
  const { name, tag } = cutTag(named);
  if (tag !== null && !/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(tag)) return refuse('its tag is not one');
  const place = placeOf(name);
  if (!place) return refuse('is not HOST/NAME, HOST:PORT/NAME or the name of a Docker Hub image');
  return { ...place, tag: tag ?? (digest === null ? 'latest' : null), digest, platform };
}

/** Whether a bare argument reads as `HOST/NAME` with a host that cannot be mistaken for a folder of Docker Hub. */
export function looksLikeReference(text: string): boolean {
  const slash = text.indexOf('/');
  if (slash <= 0 || !isHostName(text.slice(0, slash))) return false;
  return !('kind' in parseReference(text));
}

/** The reference without platform, as an image is named everywhere: `docker.io/library/alpine:3.20`. */
export function formatReference(reference: ImageReference): string {
  const { host, repository, tag, digest } = reference;
  return `${host}/${repository}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;
}

/** `linux/arm64/v8`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return `${os}/${architecture}${variant === null ? '' : `/${variant}`}`;
}

/** Whether an image's platform is the wanted one. A variant counts only where it is asked for. */
export function isPlatform(wanted: Platform, actual: Platform): boolean {
  if (wanted.os !== actual.os || wanted.architecture !== actual.architecture) return false;
  if (wanted.variant === null) return true;
  // The eighth version is what arm64 means where no variant is said.
  return wanted.variant === (actual.variant ?? (actual.architecture === 'arm64' ? 'v8' : null));
}

function parsePlatform(query: string): Platform | null {
  const found = /^platform=([a-z0-9]{1,32})\/([a-z0-9_]{1,32})(?:\/([a-z0-9.]{1,32}))?$/.exec(query);
  if (!found) return null;
  return { os: found[1] ?? '', architecture: found[2] ?? '', variant: found[3] ?? null };
}

function placeOf(name: string): Pick<ImageReference, 'host' | 'apiHost' | 'repository'> | null {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  if (first !== '' && /[.:[]|^localhost$/.test(first)) {
    const host = first.toLowerCase();
    if (hubNames.includes(host)) return hubPlace(name.slice(slash + 1));
    const repository = name.slice(slash + 1);
    return isHostName(first) && isRepository(repository) ? { host, apiHost: host, repository } : null;
  }
  return hubPlace(name);
}

function hubPlace(name: string): Pick<ImageReference, 'host' | 'apiHost' | 'repository'> | null {
  const repository = name.includes('/') ? name : `library/${name}`;
  return isRepository(repository) ? { host: 'docker.io', apiHost: 'registry-1.docker.io', repository } : null;
}

// A name of one label is a folder of Docker Hub unless it has a port or is localhost.
function isHostName(text: string): boolean {
  const found = /^(\[[0-9A-Fa-f:]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::([0-9]{1,5}))?$/.exec(text);
  if (!found) return false;
  const [, host = '', port] = found;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65535)) return false;
  if (!URL.canParse(`https://${host}`)) return false;
  if (host.startsWith('[')) return true;
  const areLabels = host.split('.').every((label) => label !== '' && !/^-|-$/.test(label));
  return areLabels && (host.includes('.') || port !== undefined || host.toLowerCase() === 'localhost');
}

function isRepository(text: string): boolean {
  if (text.length === 0 || text.length > repositoryLengthMax) return false;
  return text.split('/').every(isRepositoryPart);
}

// Letters and digits, set apart by one dot, one or two underscores or any number of dashes.
function isRepositoryPart(part: string): boolean {
  if (!/^[a-z0-9._-]+$/.test(part) || /^[._-]|[._-]$/.test(part)) return false;
  return !/\.\.|___|\._|\.-|_\.|_-|-\.|-_/.test(part);
}

// A port's colon stands before a slash, a tag's does not.
function cutTag(text: string): { readonly name: string; readonly tag: string | null } {
  const colon = text.lastIndexOf(':');
  if (colon < 0 || text.indexOf('/', colon) >= 0) return { name: text, tag: null };
  return { name: text.slice(0, colon), tag: text.slice(colon + 1) };
}

function cut(text: string, mark: string): [string, string | null] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}
