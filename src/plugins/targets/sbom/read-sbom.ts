import { isUtf8 } from 'node:buffer';
import { textOf } from '../../../lib/fields.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import { readCycloneDx } from './cyclonedx.ts';
import { joinPackages } from './join-packages.ts';
import { parseJsonDocument } from './json-document.ts';
import { problemList } from './problem-list.ts';
import type { SbomContent } from './sbom-content.ts';
import { readSpdx } from './spdx.ts';
import { readSpdx3 } from './spdx3.ts';
import { documentOfTagValue } from './tag-value.ts';
import { isSpdx3, type Unwrapped, type Unwrapping, unwrapSboms } from './unwrap.ts';
import { documentOfXml } from './xml-document.ts';

/** Measured: reading takes up to ten times its size in memory, and about a second for each 7 MiB. */
export const documentBytesMax = 64 * 2 ** 20;
const linesMax = 1000;

/**
 * The content of an SBOM in any format that is read, or the problem why there is none. Never throws for what the
 * bytes are. `where` names the document in problems, and in the evidence of packages that name no place.
 */
export function readSbomBytes(bytes: Uint8Array, where: string): SbomContent | Problem {
  if (bytes.length > documentBytesMax) {
    const why = `is ${bytes.length} bytes; SBOMs up to ${documentBytesMax} are read`;
    return problem('limit', where, why, 'documentBytesMax');
  }
  const encoding = otherEncoding(bytes);
  if (encoding !== null) return problem('unsupported', where, encoding);
  const text = new TextDecoder().decode(bytes);
  const content = readSbomText(text, where);
  if ('kind' in content || isUtf8(bytes)) return content;
  const damage = problem('malformed', where, 'is not UTF-8 throughout; other bytes were replaced');
  return { ...content, problems: [damage, ...content.problems] };
}

// By the marks that encodings and archives begin with.
function otherEncoding(bytes: Uint8Array): string | null {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  if (
    (a === 0xff && b === 0xfe) ||
    (a === 0xfe && b === 0xff) ||
    (a === 0 && b === 0 && c === 0xfe && d === 0xff)
  )
    return 'is UTF-16 or UTF-32; save it as UTF-8';
  if ((a === 0 && b !== 0) || (a !== 0 && b === 0)) return 'looks like UTF-16; save it as UTF-8';
  if (a === 0x1f && b === 0x8b) return 'is compressed with gzip; unpack it first';
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'is compressed with zstd; unpack it first';
  return null;
}

function readSbomText(text: string, where: string): SbomContent | Problem {
  const start = text.slice(0, 1000).trimStart();
  if (start.startsWith('{') || start.startsWith('[')) return readJson(text, where);
  return readPlain(text, start, where);
}

function readPlain(text: string, start: string, where: string): SbomContent | Problem {
  if (start.startsWith('<')) {
    const document = documentOfXml(text, where);
    return isProblem(document) ? document : readCycloneDx(document, where);
  }
  const [key = ''] =
    /^[ \t]*["']?(?:spdxVersion|SPDXID|bomFormat)["']?\s*:\s*\S/m.exec(text.slice(0, 64 * 1024)) ?? [];
  if (/^[ \t]*SPDXVersion:/m.test(text.slice(0, 64 * 1024))) {
    const problems = problemList(where);
    const content = readSpdx(documentOfTagValue(text, where, problems), where);
    return { ...content, problems: [...problems.all(), ...content.problems] };
  }
  if (key !== '') return problem('unsupported', where, 'is YAML, which is not read; convert it to JSON');
  return problem('malformed', where, 'is no SBOM: neither JSON, XML nor SPDX tag-value');
}

function isProblem(value: object): value is Problem {
  return 'kind' in value && 'why' in value;
}

function readJson(text: string, where: string): SbomContent | Problem {
  const read = parseJsonDocument(text, where);
  if (!('kind' in read)) return contentOf(unwrapSboms(read.value, where), read.problems, where);
  // Attestations are often kept one a line.
  const lines = read.kind === 'malformed' ? jsonLines(text, where) : null;
  return lines === null ? read : contentOf(lines, [], where);
}

// Null when the text is not JSON, line for line.
function jsonLines(text: string, where: string): Unwrapping | null {
  const lines = text.split('\n', linesMax + 1).filter((line) => line.trim() !== '');
  if (lines.length < 2) return null;
  const documents: Unwrapped[] = [];
  const problems: Problem[] = [];
  for (const [index, line] of lines.slice(0, linesMax).entries()) {
    const read = parseJsonDocument(line, `${where}:${index + 1}`);
    if ('kind' in read) {
      if (index === 0) return null;
      problems.push(read);
      continue;
    }
    const found = unwrapSboms(read.value, `${where}:${index + 1}`);
    documents.push(...found.documents);
    problems.push(...read.problems, ...found.problems);
  }
  if (lines.length > linesMax)
    problems.push(
      problem('limit', where, `has more than ${linesMax} lines; the rest is not read`, 'linesMax'),
    );
  return { documents, problems };
}

function contentOf(
  { documents, problems: notes }: Unwrapping,
  before: readonly Problem[],
  where: string,
): SbomContent | Problem {
  const problems = [...before, ...notes];
  const contents: SbomContent[] = [];
  for (const item of documents) {
    const read = readUnwrapped(item);
    if (isProblem(read)) problems.push(read);
    else contents.push(read);
  }
  const [first, ...others] = contents;
  if (first === undefined) {
    const reason = problems.find(({ kind }) => kind !== 'not-assessed') ?? problems.at(-1);
    return reason ?? problem('unsupported', where, 'holds no SBOM');
  }
  if (others.length === 0) return { ...first, problems: [...problems, ...first.problems] };
  return joinContents([first, ...others], problems, where);
}

function readUnwrapped({ inside, where }: Unwrapped): SbomContent | Problem {
  if (inside.kind === 'text') return readPlain(inside.text, inside.text.slice(0, 1000).trimStart(), where);
  const { document } = inside;
  if (isSpdx3(document)) return readSpdx3(document, where);
  if (textOf(document.spdxVersion)?.startsWith('SPDX-3'))
    return problem('unsupported', where, 'is SPDX 3 in a form other than JSON-LD');
  return typeof document.spdxVersion === 'string'
    ? readSpdx(document, where)
    : readCycloneDx(document, where);
}

// Several SBOMs in one file are read as one: of one image, by several tools or in several formats.
function joinContents(
  contents: readonly [SbomContent, ...SbomContent[]],
  before: readonly Problem[],
  where: string,
): SbomContent {
  const problems = [...before, ...contents.flatMap((content) => content.problems)];
  const os = contents.find((content) => content.os !== null)?.os ?? null;
  const isOther = (content: SbomContent) =>
    content.os !== null && (content.os.id !== os?.id || content.os.versionId !== os.versionId);
  if (contents.some(isOther)) {
    const why = `holds SBOMs of several systems; all packages are judged as those of ${os?.id}`;
    problems.push(problem('not-assessed', where, why));
  }
  return {
    ...contents[0],
    os,
    packages: joinPackages(contents.flatMap((content) => content.packages)),
    problems,
  };
}
