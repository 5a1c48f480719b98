import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isExecutable, maybeProgram } from '../executable.ts';
import { baseName } from '../read-text.ts';
import { genericPackage } from './generic-package.ts';
import classifiers from './programs.json' with { type: 'json' };
import { findVersions, parsePattern, type VersionForm } from './version-search.ts';

/**
 * Programs and libraries that carry their version as text, such as those that a build or an archive put there without
 * a package manager. The name of a file says which program it may be, its bytes whether it is; a file without the
 * text is passed over, since what starts a program is often a small file that only loads it from a library.
 * Source: the table in programs.json, each row read off the program itself.
 */
export const genericProgram = {
  id: 'generic/program',
  version: 1,
  sizeMaxBytes: 1024 * 1024 * 1024,
  wants,
  looksRight: isExecutable,
  extract,
} satisfies Extractor;

type Classifier = {
  /** Maker and name. */
  readonly name: string;
  /** File names up to their version. */
  readonly files: readonly string[];
  /** See `parsePattern`; `{file.}` begins with the version in the file's name. */
  readonly patterns: readonly string[];
  readonly form?: string;
  readonly parts?: number;
  /** Which of several texts counts: the first (default), the greatest, or only one that stands alone. */
  readonly choose?: string;
  /** The name under which the intelligence on programs keeps it; programs without one are listed, and not judged. */
  readonly intelligence?: string;
  readonly cpe?: string;
};

/** Every program that is known by its own text. */
export const programs: readonly Classifier[] = classifiers;

const byFile = new Map<string, Classifier[]>();
for (const classifier of programs) {
  for (const file of classifier.files) byFile.set(file, [...(byFile.get(file) ?? []), classifier]);
}

// A library that is not named so is the part of a language that binds to the library of that name.
function wants(path: string): boolean {
  if (!maybeProgram(path)) return false;
  const stem = stemOf(path);
  if (!byFile.has(stem)) return false;
  return stem.startsWith('lib') || !baseName(path).includes('.so');
}

// `python3.11` and `libpython3.11.so.1.0` without what may be a version, and without the ending of a library.
function stemOf(path: string): string {
  const start = path.lastIndexOf('/') + 1;
  let end = start;
  while (end < path.length && !isBreak(path.charCodeAt(end))) end++;
  while (end > start && path.charCodeAt(end - 1) === 0x2d) end--;
  return path.slice(start, end);
}

// A digit or a point.
function isBreak(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2e;
}

function extract(file: ExtractorFile): Extraction {
  if (!isExecutable(file.bytes)) return { packages: [], problems: [] };
  const problems: Problem[] = [];
  for (const classifier of byFile.get(stemOf(file.path)) ?? []) {
    const version = versionOf(file, classifier);
    if (version === 'several') {
      const why = `It holds several texts that may be the version of ${classifier.name}, so which it is cannot be told.`;
      problems.push(problem('not-assessed', file.path, why));
    } else if (version !== null) {
      return { packages: [programPackage(classifier, version, file.path)], problems: [] };
    }
  }
  return { packages: [], problems };
}

function programPackage(classifier: Classifier, version: string, path: string) {
  const slash = classifier.name.lastIndexOf('/');
  return genericPackage({
    namespace: classifier.name.slice(0, slash),
    name: classifier.name.slice(slash + 1),
    version,
    path,
    attributes: { cpe: classifier.cpe === undefined ? null : `${classifier.cpe}:${version}:*:*:*:*:*:*:*` },
  });
}

const severalMax = 512;

function versionOf(file: ExtractorFile, classifier: Classifier): string | 'several' | null {
  const choose = classifier.choose ?? 'first';
  const form = (classifier.form ?? 'numbers') as VersionForm;
  let isSeveral = false;
  for (const text of classifier.patterns) {
    const pattern = patternFor(text, file.path);
    if (pattern === null) continue;
    const shape = { form, parts: classifier.parts ?? 3 };
    const found = findVersions(file.bytes, pattern, shape, choose === 'first' ? 1 : severalMax);
    const [first] = found;
    if (first === undefined) continue;
    if (choose === 'only' && found.length > 1) isSeveral = true;
    else return choose === 'greatest' ? greatestOf(found, shape.parts) : first;
  }
  return isSeveral ? 'several' : null;
}

function patternFor(text: string, path: string) {
  const pattern = parsePattern(text);
  if (pattern.prefix !== 'file.') return pattern;
  const inName = /\d+\.\d+/.exec(baseName(path).slice(0, 64))?.[0];
  return inName === undefined ? null : { ...pattern, prefix: `${inName}.` };
}

// Servers name the release that brought each command, none of which is later than their own. Addresses are longer.
function greatestOf(versions: readonly string[], parts: number): string | null {
  let greatest: readonly number[] = [];
  for (const version of versions) {
    const numbers = version.split('.').map((part) => Number.parseInt(part, 10));
    if (numbers.length === parts && isGreater(numbers, greatest)) greatest = numbers;
  }
  return greatest.length === 0 ? null : greatest.join('.');
}

function isGreater(one: readonly number[], two: readonly number[]): boolean {
  const at = one.findIndex((number, index) => number !== two[index]);
  return at >= 0 && (one[at] ?? 0) > (two[at] ?? -1);
}
