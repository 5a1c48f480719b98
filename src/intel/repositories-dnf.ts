import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Problem, problem } from '../model/problem.ts';
import { readXmlText } from '../plugins/feeds/xml.ts';
import type { Checksum, Place } from './repositories-place.ts';
import { unpackXzFile } from './repositories-xz.ts';

/** Largest index of a repository, in bytes. */
export const repositoryIndexBytesMax = 32 * 1024 ** 2;

/** Largest file of errata or packages, as it is served and unpacked, in bytes. */
export const repositoryFileBytesMax = 512 * 1024 ** 2;
export const repositoryUnpackedBytesMax = 4 * 1024 ** 3;

export const repomdPath = 'repodata/repomd.xml';

/** The errata of a dnf repository, or why there are none. */
export type Errata = { readonly absolutePath: string | null; readonly problems: readonly Problem[] };

/**
 * Finds the errata that a repository's `repomd.xml` lists and holds them against the checksum there.
 * Source: https://github.com/rpm-software-management/createrepo_c
 */
export async function dnfErrata(
  place: Place,
  repomd: string,
  options: { readonly scratchDirectory: string },
): Promise<Errata> {
  const where = `${place.address}/${repomdPath}`;
  const { found, problems } = updateinfoOf(where, await readFile(repomd, 'utf8'));
  if (found === null) return { absolutePath: null, problems };
  const fail = (why: Problem): Errata => ({ absolutePath: null, problems: [...problems, why] });
  const checksum = checksumOf(found);
  if (checksum === null)
    return fail(problem('unsupported', where, 'lists its errata without a checksum that can be checked'));
  const got = await place.get(found.href, { bytesMax: repositoryFileBytesMax, checksum });
  if (got === null) return fail(problem('unreadable', where, `lists ${found.href}, which is not there`));
  if ('kind' in got) return fail(got);
  const read = await unpackXzFile(`${place.address}/${found.href}`, got.absolutePath, {
    scratchPath: join(options.scratchDirectory, 'updateinfo.xml'),
    bytesMax: repositoryUnpackedBytesMax,
  });
  return 'kind' in read ? fail(read) : { absolutePath: read.absolutePath, problems };
}

type Data = { href: string; algorithm: string; hex: string };

function updateinfoOf(
  where: string,
  text: string,
): { readonly found: Data | null; readonly problems: readonly Problem[] } {
  const told = readXmlText<Data>(where, text, (emit) => {
    let data: Data = { href: '', algorithm: '', hex: '' };
    return {
      open({ name }) {
        if (name === 'data') data = { href: '', algorithm: '', hex: '' };
      },
      close({ name, attributes, text }, path) {
        if (name === 'data' && attributes.type === 'updateinfo') emit(data);
        if (path.at(-1)?.name !== 'data') return;
        if (name === 'location') data.href = attributes.href ?? '';
        if (name === 'checksum') data = Object.assign(data, { algorithm: attributes.type ?? '', hex: text });
      },
    };
  });
  const problems = told.filter((item): item is Problem => 'kind' in item);
  const found = told.find((item): item is Data => !('kind' in item)) ?? null;
  if (found !== null || problems.length > 0) return { found, problems };
  const why = 'repository has no updateinfo, so it does not say which of its packages mend what';
  return { found, problems: [problem('not-assessed', where, why)] };
}

function checksumOf({ algorithm, hex }: Data): Checksum | null {
  const known = algorithm === 'sha' ? 'sha1' : algorithm;
  return /^sha(1|224|256|384|512)$/.test(known) && /^[0-9a-f]{40,128}$/i.test(hex)
    ? { algorithm: known, hex }
    : null;
}
