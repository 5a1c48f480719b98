import { type Problem, problem, reasonOf } from '../model/problem.ts';
import { readXmlText, type XmlElement } from '../plugins/feeds/xml.ts';
import type { FetchLimits } from './fetch-file.ts';

/** Largest index file that is read to find another address, in bytes. */
export const indexBytesMax = 16 * 1024 ** 2;

export type Target = { readonly address: string; readonly sha256: string | null };

/**
 * The address that a feed's download really lies at. Most are plain; a fragment says that the address is an index:
 * `#named`: its text is the name of a file beside it. `#repodata:KIND`: it is a yum repository's `repomd.xml`, or a
 * `mirror.list` whose first line is the repository, and the file of that kind is wanted.
 */
export async function resolveAddress(address: string, limits: FetchLimits): Promise<Target | Problem> {
  if (!/^https?:\/\//.test(address))
    return problem('unsupported', address, 'address is neither http nor https');
  const [base = '', fragment = ''] = address.split('#', 2);
  if (fragment === '') return { address, sha256: null };
  if (fragment === 'named') return resolveNamed(base, limits);
  const kind = /^repodata:([\w-]{1,40})$/.exec(fragment)?.[1];
  if (kind === undefined) return problem('unsupported', address, `do not know how to follow #${fragment}`);
  return resolveRepository(base, kind, limits);
}

async function resolveNamed(base: string, limits: FetchLimits): Promise<Target | Problem> {
  const text = await readIndex(base, limits);
  if (typeof text !== 'string') return text;
  const name = text.trim();
  if (!/^[\w.-]{1,200}$/.test(name)) return problem('malformed', base, 'index does not name a file');
  return { address: new URL(name, base).href, sha256: null };
}

async function resolveRepository(base: string, kind: string, limits: FetchLimits): Promise<Target | Problem> {
  let metadata = base;
  if (base.endsWith('/mirror.list')) {
    const text = await readIndex(base, limits);
    if (typeof text !== 'string') return text;
    const first = text
      .split('\n')
      .map((line) => line.trim())
      .find((line) => /^https?:\/\/\S+$/.test(line));
    if (first === undefined) return problem('malformed', base, 'mirror list names no repository');
    metadata = `${first.replace(/\/$/, '')}/repodata/repomd.xml`;
  }
  const text = await readIndex(metadata, limits);
  if (typeof text !== 'string') return text;
  return findData(text, { metadata, kind });
}

type Data = { href: string; sha256: string | null };

/** Source: https://createrepo.baseurl.org/ (repomd.xml) */
function findData(text: string, { metadata, kind }: { metadata: string; kind: string }): Target | Problem {
  const found = readXmlText<Data>(metadata, text, (emit) => {
    let data: Data = { href: '', sha256: null };
    return {
      open(element) {
        if (element.name === 'data') data = { href: '', sha256: null };
      },
      close(element, path) {
        closeData(data, element, path);
        if (element.name === 'data' && element.attributes.type === kind) emit(data);
      },
    };
  });
  const [data] = found;
  if (data === undefined || 'kind' in data) {
    return data ?? problem('not-assessed', metadata, `repository has no ${kind}`);
  }
  const repository = metadata.replace(/repodata\/repomd\.xml$/, '');
  if (data.href === '' || data.href.includes('..'))
    return problem('malformed', metadata, `${kind} has no location`);
  return { address: new URL(data.href, repository).href, sha256: data.sha256 };
}

function closeData(data: Data, element: XmlElement, path: readonly XmlElement[]): void {
  if (path.at(-1)?.name !== 'data') return;
  if (element.name === 'location') data.href = element.attributes.href ?? '';
  if (element.name === 'checksum' && element.attributes.type === 'sha256') data.sha256 = element.text;
}

async function readIndex(address: string, limits: FetchLimits): Promise<string | Problem> {
  try {
    const signal = AbortSignal.timeout(limits.fetchSilenceSecondsMax * 1000);
    const response = await fetch(address, { signal, headers: { 'user-agent': 'openinspector' } });
    if (!response.ok) {
      await response.body?.cancel();
      return problem(
        'unreadable',
        address,
        `server answered ${response.status} ${response.statusText}`.trim(),
      );
    }
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > indexBytesMax) return problem('limit', address, 'index is too large', 'indexBytesMax');
      parts.push(chunk);
    }
    return Buffer.concat(parts).toString('utf8');
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return problem('unreadable', address, `connection failed: ${reasonOf(cause)}`);
  }
}
