import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike } from '../package-of.ts';
import { baseName, linesOf, shown, textOf } from '../read-text.ts';
import { isPypiName, pypiPackage } from './pypi-package.ts';

/**
 * A list of requirements for pip. Only a pin says what will be there; every other line is named as not assessed.
 * Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
 */
export const pypiRequirements = {
  id: 'pypi/requirements',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  endings: ['.txt'],
  wants,
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function wants(path: string): boolean {
  if (!path.endsWith('.txt')) return false;
  const name = baseName(path);
  return (
    name.startsWith('requirements') ||
    name.endsWith('requirements.txt') ||
    /(?:^|\/)requirements\/[^/]+$/.test(path)
  );
}

function extract(file: ExtractorFile): Extraction {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const { text, line } of logicalLines(textOf(file.bytes))) {
    const read = readRequirement(text, file.path, line);
    if (read === null) continue;
    if ('purl' in read) packages.push(read);
    else problems.push(read);
  }
  return { packages, problems };
}

// Lines that end in a backslash go on; a comment needs a space or the beginning of the line before it.
function* logicalLines(text: string): Generator<{ readonly text: string; readonly line: number }> {
  let joined = '';
  let start = 0;
  for (const [index, raw] of linesOf(text).entries()) {
    const content = stripComment(raw);
    if (joined === '') start = index + 1;
    if (content.endsWith('\\')) {
      joined += `${content.slice(0, -1)} `;
      continue;
    }
    const whole = (joined + content).trim();
    joined = '';
    if (whole !== '') yield { text: whole, line: start };
  }
  if (joined.trim() !== '') yield { text: joined.trim(), line: start };
}

function stripComment(line: string): string {
  const at = line.startsWith('#') ? 0 : line.search(/\s#/);
  return (at < 0 ? line : line.slice(0, at)).trimEnd();
}

/** What one line of a list asks for: a pinned package, why it cannot be told, or null for a switch. */
export function readRequirement(text: string, path: string, line: number | null): Package | Problem | null {
  const where = line === null ? path : `${path}:${line}`;
  if (text.startsWith('-')) return readOption(text, where);
  const found = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*([^;]*)/.exec(text);
  const name = found?.[1] ?? '';
  if (!isPypiName(name)) return problem('not-assessed', where, `This line names no project: ${shown(text)}`);
  const wanted = (found?.[2] ?? '').replace(/\s--(?:hash|config-settings|global-option)[=\s].*$/, '').trim();
  const version = pinOf(wanted.replace(/^\((.*)\)$/, '$1').trim());
  if (version !== null)
    return pypiPackage({ name, version, path, line, attributes: { marker: markerOf(text) } });
  const what = wanted === '' ? 'any version' : `"${shown(wanted)}"`;
  return problem(
    'not-assessed',
    where,
    `${name} is not pinned (${what}), so its version is not known before it is installed.`,
  );
}

// `==` with a whole version, or the exact `===`.
function pinOf(wanted: string): string | null {
  const version = /^===?\s*([^\s,;*#]+)(?:#.*)?$/.exec(wanted)?.[1];
  return isNameLike(version) ? version : null;
}

function markerOf(text: string): string | null {
  const semicolon = text.indexOf(';');
  if (semicolon < 0) return null;
  return (
    text
      .slice(semicolon + 1)
      .replace(/\s--hash[=\s].*$/, '')
      .trim()
      .slice(0, 500) || null
  );
}

// Indexes and switches change where a package comes from, not which; other files are read under their own name.
function readOption(text: string, where: string): Problem | null {
  const other = /^(?:-r|--requirement|-c|--constraint)[=\s]*(\S+)/.exec(text)?.[1];
  if (other !== undefined && !wants(other)) {
    return problem(
      'not-assessed',
      where,
      `The list goes on in ${shown(other)}, which is not read under that name.`,
    );
  }
  const editable = /^(?:-e|--editable)[=\s]*(\S+)/.exec(text)?.[1];
  if (editable !== undefined && !editable.startsWith('.')) {
    return problem(
      'not-assessed',
      where,
      `${shown(editable)} is installed from its source, whose version is not told.`,
    );
  }
  return null;
}
