import type { Package } from '../../../model/package.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike } from '../package-of.ts';
import { hasName, linesOf, textOf } from '../read-text.ts';
import { gemPackage, isGemName } from './gem-package.ts';

/**
 * The lock file of Bundler: sections by where gems come from, each with its gems four spaces in, and what these ask
 * for six spaces in.
 * Source: https://bundler.io/guides/using_bundler_in_applications.html#gemfilelock
 */
export const gemGemfileLock = {
  id: 'gem/gemfile-lock',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  names: ['Gemfile.lock', 'gems.locked'],
  wants: (path) => hasName(path, 'Gemfile.lock') || hasName(path, 'gems.locked'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

type Spec = {
  readonly name: string;
  readonly version: string;
  readonly platform: string | null;
  readonly section: Section;
  readonly line: number;
};
type Section = { readonly name: string; readonly fields: Map<string, string> };

function extract(file: ExtractorFile): Extraction {
  const { specs, dependencies } = parse(textOf(file.bytes));
  const packages: Package[] = specs.map(({ name, version, platform, section, line }) =>
    gemPackage({
      name,
      version,
      platform,
      path: file.path,
      line,
      relation: dependencies.size === 0 ? null : dependencies.has(name) ? 'direct' : 'transitive',
      attributes: {
        remote: section.fields.get('remote') ?? null,
        revision: section.fields.get('revision') ?? null,
        local: section.name === 'PATH' ? (section.fields.get('remote') ?? '.') : null,
      },
    }),
  );
  return { packages, problems: [] };
}

function parse(text: string): {
  readonly specs: readonly Spec[];
  readonly dependencies: ReadonlySet<string>;
} {
  const specs: Spec[] = [];
  const dependencies = new Set<string>();
  let section: Section = { name: '', fields: new Map() };
  let inSpecs = false;
  for (const [index, line] of linesOf(text).entries()) {
    if (/^\S/.test(line)) {
      section = { name: line.trim(), fields: new Map() };
      inSpecs = false;
      continue;
    }
    const field = /^ {2}([a-z]+):(?: (.*))?$/.exec(line);
    if (field?.[1] !== undefined) {
      inSpecs = field[1] === 'specs';
      section.fields.set(field[1], field[2] ?? '');
    } else if (section.name === 'DEPENDENCIES') {
      const name = /^ {2}([^\s!(]+)/.exec(line)?.[1];
      if (name !== undefined) dependencies.add(name);
    } else if (inSpecs) {
      const spec = readSpec(line, section, index + 1);
      if (spec !== null) specs.push(spec);
    }
  }
  return { specs, dependencies };
}

// `    nokogiri (1.13.3-x86_64-linux)`: gem versions have no hyphen, so what follows one is the platform.
function readSpec(line: string, section: Section, number: number): Spec | null {
  const found = /^ {4}(\S+) \(([^-\s)]+)(?:-([^\s)]+))?\)$/.exec(line);
  const [, name, version, platform = null] = found ?? [];
  if (!isGemName(name) || !isNameLike(version)) return null;
  return { name, version, platform, section, line: number };
}
