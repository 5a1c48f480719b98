/**
 * Package URLs. A `Purl` is a canonical string that only this file mints.
 * Source: https://github.com/package-url/purl-spec
 */
export type Purl = string & { readonly __purl: true };

export type PurlParts = {
  readonly type: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly version: string | null;
  readonly qualifiers: Readonly<Record<string, string>>;
  readonly subpath: string | null;
};

// Types whose namespace and name are compared without case.
const lowerNamespaceTypes = new Set([
  'alpm',
  'apk',
  'bitbucket',
  'composer',
  'deb',
  'github',
  'golang',
  'hex',
  'rpm',
  'pypi',
  'qpkg',
]);
const lowerNameTypes = new Set([
  'alpm',
  'apk',
  'bitbucket',
  'composer',
  'deb',
  'github',
  'golang',
  'hex',
  'pypi',
]);

/** The canonical purl of its parts. Empty qualifiers are left out; the rest are sorted. */
export function formatPurl(parts: PurlParts): Purl {
  const type = parts.type.toLowerCase();
  let text = `pkg:${type}/`;
  if (parts.namespace) {
    const namespace = lowerNamespaceTypes.has(type) ? parts.namespace.toLowerCase() : parts.namespace;
    for (const segment of namespace.split('/')) if (segment) text += `${encode(segment)}/`;
  }
  text += encode(canonicalName(type, parts.name, parts.qualifiers));
  if (parts.version) text += `@${encode(parts.version)}`;
  const keys = Object.keys(parts.qualifiers)
    .filter((key) => parts.qualifiers[key])
    .map((key) => [key.toLowerCase(), parts.qualifiers[key] as string] as const)
    .sort((a, b) => (a[0] < b[0] ? -1 : 1));
  if (keys.length > 0) text += `?${keys.map(([key, value]) => `${key}=${encode(value)}`).join('&')}`;
  const subpath = parts.subpath
    ?.split('/')
    .filter((segment) => segment && segment !== '.' && segment !== '..');
  if (subpath && subpath.length > 0) text += `#${subpath.map(encode).join('/')}`;
  return text as Purl;
}

/** The parts of a purl, or null when the text is not one. */
export function parsePurl(text: string): PurlParts | null {
  if (text.length > 4096 || !/^pkg:/i.test(text)) return null;
  let rest = text.slice(4).replace(/^\/+/, '');
  let subpath: string | null = null;
  const hash = rest.indexOf('#');
  if (hash >= 0) {
    const segments = rest
      .slice(hash + 1)
      .split('/')
      .map(decode)
      .filter((part) => part && part !== '.' && part !== '..');
    subpath = segments.join('/') || null;
    rest = rest.slice(0, hash);
  }
  const qualifiers: Record<string, string> = {};
  const question = rest.indexOf('?');
  if (question >= 0) {
    for (const pair of rest.slice(question + 1).split('&')) {
      const equals = pair.indexOf('=');
      const key = (equals < 0 ? pair : pair.slice(0, equals)).toLowerCase();
      if (!/^[a-z.\-_][a-z0-9.\-_]*$/.test(key)) return null;
      const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
      if (value) qualifiers[key] = value;
    }
    rest = rest.slice(0, question);
  }
  const slash = rest.indexOf('/');
  if (slash < 1) return null;
  const type = rest.slice(0, slash).toLowerCase();
  if (!/^[a-z][a-z0-9.-]*$/.test(type)) return null;
  rest = rest.slice(slash + 1).replace(/^\/+|\/+$/g, '');
  let version: string | null = null;
  const at = rest.lastIndexOf('@');
  // An `@` that opens a segment belongs to an npm scope written without escaping.
  if (at > 0 && rest[at - 1] !== '/' && rest.indexOf('/', at) < 0) {
    version = decode(rest.slice(at + 1)) || null;
    rest = rest.slice(0, at);
  }
  const segments = rest.split('/').map(decode).filter(Boolean);
  const name = segments.pop();
  if (!name) return null;
  const namespace = segments.join('/') || null;
  return {
    type,
    namespace: namespace && lowerNamespaceTypes.has(type) ? namespace.toLowerCase() : namespace,
    name: canonicalName(type, name, qualifiers),
    version,
    qualifiers,
    subpath,
  };
}

function canonicalName(type: string, name: string, _qualifiers: Readonly<Record<string, string>>): string {
  if (type === 'pypi') return name.toLowerCase().replace(/_/g, '-');
  return lowerNameTypes.has(type) ? name.toLowerCase() : name;
}

// Everything but the unreserved characters and the colon is escaped.
function encode(text: string): string {
  return encodeURIComponent(text)
    .replace(/%3A/g, ':')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
