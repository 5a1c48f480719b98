import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike } from '../package-of.ts';
import { textOf } from '../read-text.ts';
import { gemPackage, isGemName } from './gem-package.ts';

/**
 * The specification that RubyGems writes for each installed gem. It is Ruby, but written by a program, so that its
 * assignments are plain; nothing of it is run.
 * Source: https://guides.rubygems.org/specification-reference/
 */
export const gemGemspec = {
  id: 'gem/gemspec',
  version: 1,
  sizeMaxBytes: 2 * 1024 * 1024,
  endings: ['.gemspec'],
  wants: (path) => path.endsWith('.gemspec') && /(?:^|\/)specifications\/(?:default\/)?[^/]+$/.test(path),
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const text = textOf(file.bytes);
  if (text.trim() === '') return { packages: [], problems: [] };
  const name = assigned(text, 'name') ?? undefined;
  const version = assigned(text, 'version');
  if (!isGemName(name) || !isNameLike(version)) {
    return {
      packages: [],
      problems: [problem('malformed', file.path, 'The specification states no name or no version.')],
    };
  }
  const platform = assigned(text, 'platform');
  return {
    packages: [
      gemPackage({
        name,
        version,
        platform: platform === 'ruby' ? null : platform,
        path: file.path,
        licences: licencesOf(text),
        attributes: { default: file.path.includes('/default/') ? 'true' : null },
      }),
    ],
    problems: [],
  };
}

// `s.name = "rake".freeze`, also as a version object, or by a constant that the file defines itself. Only blanks of one
// line may stand in between, and not many, so that no file makes the search slow.
const blanks = '[ \\t]{0,40}';
const literal = `(?:"([^"\\n]{0,300})"|'([^'\\n]{0,300})')`;

function assigned(text: string, field: string): string | null {
  const wrapper = `(?:Gem::\\w{1,20}\\.new${blanks}\\(?${blanks})?`;
  const start = `^${blanks}\\w{1,40}\\.${field}${blanks}=${blanks}`;
  const found = new RegExp(`${start}${wrapper}(?:${literal}|([A-Z]\\w{0,40}))`, 'm').exec(text);
  const constant = found?.[3];
  if (constant === undefined) return found?.[1] ?? found?.[2] ?? null;
  const defined = new RegExp(`^${blanks}${constant}${blanks}=${blanks}${literal}`, 'm').exec(text);
  return defined?.[1] ?? defined?.[2] ?? null;
}

function licencesOf(text: string): readonly string[] {
  const list = /^[ \t]{0,40}\w{1,40}\.licenses[ \t]{0,40}=[ \t]{0,40}\[([^\]]{0,2000})\]/m.exec(text)?.[1];
  if (list === undefined) {
    const single = assigned(text, 'license');
    return single === null || single === '' ? [] : [single];
  }
  return [...list.matchAll(/"([^"]*)"|'([^']*)'/g)]
    .map((found) => found[1] ?? found[2] ?? '')
    .filter(Boolean);
}
