import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike } from '../package-of.ts';
import { genericPackage } from './generic-package.ts';
import { readPropertyList } from './property-list.ts';

/**
 * The property list of a macOS application, in its bundle.
 * Source: https://developer.apple.com/documentation/bundleresources/information-property-list
 */
export const genericMacApp = {
  id: 'generic/mac-app',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  names: ['Info.plist'],
  wants: (path) => path.endsWith('.app/Contents/Info.plist'),
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const values = readPropertyList(file.bytes, file.path);
  if ('kind' in values) return { packages: [], problems: [values] };
  const name = nameOf(values.texts);
  const version = values.texts.get('CFBundleShortVersionString') ?? values.texts.get('CFBundleVersion');
  if (name === null || !isNameLike(version)) {
    const why = 'It names no application or no version of it.';
    return { packages: [], problems: [problem('malformed', file.path, why)] };
  }
  const bundle = values.texts.get('CFBundleIdentifier') ?? null;
  const attributes = { bundle, build: values.texts.get('CFBundleVersion') ?? null };
  return {
    packages: [genericPackage({ namespace: 'macos', name, version, path: file.path, attributes })],
    problems: [],
  };
}

// Names of applications hold blanks, which no other name may.
function nameOf(texts: ReadonlyMap<string, string>): string | null {
  for (const key of ['CFBundleName', 'CFBundleDisplayName', 'CFBundleExecutable', 'CFBundleIdentifier']) {
    const name = texts.get(key)?.trim();
    if (isNameLike(name?.replace(/ /g, '_'))) return name ?? null;
  }
  return null;
}
