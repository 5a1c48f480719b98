import { inflateSync } from 'node:zlib';
import type { Package } from '../../../model/package.ts';
import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { maybeProgram, readExecutable, sectionBytes } from '../executable.ts';
import { mayHaveSection } from '../executable-probe.ts';
import { listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { isNameLike } from '../package-of.ts';
import { readJsonFast } from '../read-json.ts';
import { cargoPackage } from './cargo-package.ts';

/**
 * Rust programs built with cargo-auditable carry their crates as packed JSON in a section of their own.
 * Source: https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md
 */
export const cargoBinary = {
  id: 'cargo/binary',
  version: 1,
  sizeMaxBytes: 1024 * 1024 * 1024,
  wants: maybeProgram,
  looksRight: (head, readAt) => mayHaveSection(head, readAt, [sectionName]),
  extract,
} satisfies Extractor;

const sectionName = '.dep-v0';
const listMaxBytes = 8 * 1024 * 1024;

function extract(file: ExtractorFile): Extraction {
  const executable = readExecutable(file.bytes);
  const packed = executable === null ? null : sectionBytes(file.bytes, executable, sectionName);
  if (packed === null) return { packages: [], problems: [] };
  let list: Uint8Array;
  try {
    list = inflateSync(packed, { maxOutputLength: listMaxBytes });
  } catch {
    const why = 'The list of its crates is damaged or too long.';
    return { packages: [], problems: [problem('malformed', `${file.path}#${sectionName}`, why)] };
  }
  const read = readJsonFast(list, `${file.path}#${sectionName}`);
  if ('kind' in read) return { packages: [], problems: [read] };
  return { packages: cratesOf(listOf(read.top.packages), file.path), problems: [] };
}

function cratesOf(list: ReturnType<typeof listOf>, path: string): readonly Package[] {
  const packages: Package[] = [];
  for (const entry of list) {
    const crate = objectOf(entry);
    const name = stringOf(crate?.name);
    const version = stringOf(crate?.version);
    // What only the build ran is not in the program.
    if (!isNameLike(name) || !isNameLike(version) || crate?.kind === 'build') continue;
    const source = stringOf(crate?.source);
    packages.push(
      cargoPackage({
        name,
        version,
        path,
        scope: 'runtime',
        attributes: { source, local: source === 'local' ? 'true' : null },
      }),
    );
  }
  return packages;
}
