import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { readZip, unzip } from '../zip.ts';
import { extractMetadata } from './metadata.ts';

/**
 * Packed distributions: wheels and the older eggs, which are zip archives with the metadata inside.
 * Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/
 */
export const pypiWheel = {
  id: 'pypi/wheel',
  version: 1,
  sizeMaxBytes: 512 * 1024 * 1024,
  endings: ['.whl', '.egg'],
  wants: (path) => path.endsWith('.whl') || path.endsWith('.egg'),
  extract,
} satisfies Extractor;

const entriesMax = 200_000;
const metadataMaxBytes = 4 * 1024 * 1024;

function extract(file: ExtractorFile): Extraction {
  const budget = { entriesLeft: entriesMax, bytesLeft: metadataMaxBytes };
  const archive = readZip(file.bytes, file.path, budget);
  if ('kind' in archive) return { packages: [], problems: [archive] };
  const entry = archive.entries.find(({ name }) =>
    /^[^/]+\.dist-info\/METADATA$|^EGG-INFO\/PKG-INFO$/.test(name),
  );
  if (entry === undefined) {
    return {
      packages: [],
      problems: [problem('malformed', file.path, 'The archive holds no metadata of a distribution.')],
    };
  }
  const content = unzip(file.bytes, entry, `${file.path}!/${entry.name}`, budget);
  if ('kind' in content) return { packages: [], problems: [content] };
  const { packages, problems } = extractMetadata(content, file.path, false);
  return { packages, problems: [...archive.problems, ...problems] };
}
