import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike } from '../package-of.ts';
import { childOf, parseXml, textOfChild } from '../read-xml.ts';
import { genericPackage } from './generic-package.ts';

/**
 * The description that Chocolatey keeps of each package that it installed on Windows.
 * Source: https://docs.chocolatey.org/en-us/create/create-packages/#nuspec
 */
export const genericChocolatey = {
  id: 'generic/chocolatey',
  version: 1,
  sizeMaxBytes: 4 * 1024 * 1024,
  endings: ['.nuspec'],
  wants: (path) => path.endsWith('.nuspec') && /(?:^|\/)chocolatey\/lib\//i.test(path),
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const root = parseXml(file.bytes, file.path);
  if ('kind' in root) return { packages: [], problems: [root] };
  const metadata = childOf(root, 'metadata');
  const name = textOfChild(metadata, 'id');
  const version = textOfChild(metadata, 'version');
  if (!isNameLike(name) || !isNameLike(version)) {
    return { packages: [], problems: [problem('malformed', file.path, 'It has no id or no version.')] };
  }
  const attributes = {
    title: textOfChild(metadata, 'title'),
    authors: textOfChild(metadata, 'authors'),
    projectUrl: textOfChild(metadata, 'projectUrl'),
  };
  return {
    packages: [genericPackage({ namespace: 'chocolatey', name, version, path: file.path, attributes })],
    problems: [],
  };
}
