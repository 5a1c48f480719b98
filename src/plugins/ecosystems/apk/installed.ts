import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile, OwnedFiles } from '../contract.ts';
import { isNameLike, packageOf } from '../package-of.ts';
import { linesOf, textOf } from '../read-text.ts';
import { distroQualifier, upstreamQualifier } from '../system-purl.ts';

/**
 * The database of installed packages of apk: one letter, a colon and a value on each line; an empty line ends a
 * package.
 * Source: https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2
 */
export const apkInstalled = {
  id: 'apk/installed',
  version: 1,
  sizeMaxBytes: 128 * 1024 * 1024,
  names: ['installed'],
  wants: (path) => path === 'lib/apk/db/installed' || path === 'usr/lib/apk/db/installed',
  extract,
} satisfies Extractor;

type Entry = {
  readonly line: number;
  readonly fields: Map<string, string>;
  readonly paths: string[];
};

function extract(file: ExtractorFile): Extraction {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  const owned: OwnedFiles[] = [];
  for (const record of parseRecords(textOf(file.bytes))) {
    const name = record.fields.get('P');
    const version = record.fields.get('V');
    if (!isNameLike(name) || !isNameLike(version)) {
      problems.push(
        problem('malformed', `${file.path}:${record.line}`, 'This entry has no name or no version.'),
      );
      continue;
    }
    packages.push(apkPackage(file, record, name, version));
    if (record.paths.length > 0) owned.push({ name, paths: record.paths });
  }
  if (packages.length === 0 && problems.length === 0 && file.bytes.length > 0) {
    problems.push(
      problem('malformed', file.path, 'The file has content, yet no package in it could be read.'),
    );
  }
  return { packages, problems, owned };
}

function parseRecords(text: string): readonly Entry[] {
  const records: Entry[] = [];
  let record: Entry | null = null;
  let folder = '';
  for (const [index, line] of linesOf(text).entries()) {
    if (line === '') {
      if (record !== null) records.push(record);
      record = null;
      continue;
    }
    if (line.charAt(1) !== ':') continue;
    if (record === null) {
      record = { line: index + 1, fields: new Map(), paths: [] };
      folder = '';
    }
    const key = line.charAt(0);
    const value = line.slice(2);
    if (key === 'F') folder = value;
    else if (key === 'R') record.paths.push(folder === '' ? value : `${folder}/${value}`);
    else if (!record.fields.has(key)) record.fields.set(key, value);
  }
  if (record !== null) records.push(record);
  return records;
}

function apkPackage(file: ExtractorFile, record: Entry, name: string, version: string): Package {
  const origin = record.fields.get('o');
  const source = { name: isNameLike(origin) ? origin : name, version };
  const arch = record.fields.get('A') || null;
  const licence = record.fields.get('L');
  return packageOf({
    ecosystem: 'apk',
    namespace: file.os?.id ?? null,
    purlName: name,
    version,
    qualifiers: {
      arch,
      distro: distroQualifier(file.os),
      upstream: upstreamQualifier(name, version, source),
    },
    arch,
    source,
    path: file.path,
    line: record.line,
    licences: licence ? [licence] : [],
    attributes: {
      maintainer: record.fields.get('m') ?? null,
      repositoryCommit: record.fields.get('c') ?? null,
    },
  });
}
