import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { stringOf } from '../json-with-lines.ts';
import { isNameLike, packageOf } from '../package-of.ts';
import { readJsonFast } from '../read-json.ts';
import { baseName } from '../read-text.ts';

/**
 * The record that conda keeps of each installed package.
 * Source: https://docs.conda.io/projects/conda-build/en/stable/resources/package-spec.html
 */
export const condaMeta = {
  id: 'conda/meta',
  version: 1,
  sizeMaxBytes: 64 * 1024 * 1024,
  endings: ['.json'],
  wants: (path) => path.endsWith('.json') && /(?:^|\/)conda-meta\/[^/]+\.json$/.test(path),
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const read = readJsonFast(file.bytes, file.path);
  if ('kind' in read) return { packages: [], problems: [read] };
  const { top } = read;
  const name = stringOf(top.name);
  const version = stringOf(top.version);
  if (!isNameLike(name) || !isNameLike(version)) {
    return {
      packages: [],
      problems: [problem('malformed', file.path, `${baseName(file.path)} has no name or no version.`)],
    };
  }
  const licence = stringOf(top.license);
  const subdir = stringOf(top.subdir);
  const channel = /\/([^/]+)(?:\/(?:linux|osx|win|noarch)[^/]*)?\/?$/.exec(
    stringOf(top.channel)?.slice(0, 500) ?? '',
  )?.[1];
  return {
    packages: [
      packageOf({
        ecosystem: 'conda',
        namespace: null,
        purlName: name,
        version,
        qualifiers: { build: stringOf(top.build), channel: channel ?? stringOf(top.channel), subdir },
        arch: subdir,
        path: file.path,
        licences: licence === null || licence === '' ? [] : [licence],
      }),
    ],
    problems: [],
  };
}
