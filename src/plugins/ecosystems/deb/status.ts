import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike, packageOf } from '../package-of.ts';
import { parseControl, presenceOf, type Stanza, stateOf } from '../read-control.ts';
import { shown, textOf } from '../read-text.ts';
import { distroQualifier, upstreamQualifier } from '../system-purl.ts';

/**
 * The status file of dpkg.
 * Source: https://manpages.debian.org/stable/dpkg/dpkg.1.en.html#Package_states
 */
export const debStatus = {
  id: 'deb/status',
  version: 1,
  sizeMaxBytes: 128 * 1024 * 1024,
  names: ['status'],
  wants: (path) => path === 'var/lib/dpkg/status',
  extract: (file) => extractStanzas(file, 'status'),
} satisfies Extractor;

/** Reads the paragraphs of a status file; those of `status.d` have no state, since all of them are there. */
export function extractStanzas(file: ExtractorFile, kind: 'status' | 'status.d'): Extraction {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const stanza of parseControl(textOf(file.bytes))) {
    const read = readStanza(stanza, file, kind);
    if (read === null) continue;
    if ('purl' in read) packages.push(read);
    else problems.push(read);
  }
  if (packages.length === 0 && problems.length === 0 && file.bytes.length > 0 && kind === 'status') {
    problems.push(
      problem('malformed', file.path, 'The file has content, yet no package in it could be read.'),
    );
  }
  return { packages, problems };
}

function readStanza(
  stanza: Stanza,
  file: ExtractorFile,
  kind: 'status' | 'status.d',
): Package | Problem | null {
  const where = `${file.path}:${stanza.line}`;
  const name = stanza.fields.get('package');
  if (['abi', 'port-version', 'feature'].some((field) => stanza.fields.has(field))) {
    return problem('unsupported', where, 'This entry is of vcpkg, which only borrows the form of dpkg.');
  }
  if (!isNameLike(name)) return problem('malformed', where, 'This entry names no package.');
  const state = stateOf(stanza) ?? (kind === 'status.d' ? 'installed' : '');
  const presence = presenceOf(state);
  if (presence === 'absent') return null;
  if (presence === 'unclear') {
    const why = state === 'half-installed' ? 'is half installed' : `has the state "${shown(state)}"`;
    return problem(
      'not-assessed',
      where,
      `Package ${name} ${why}: whether its files are there is not known.`,
    );
  }
  const version = stanza.fields.get('version');
  if (!isNameLike(version)) return problem('malformed', where, `Package ${name} has no version.`);
  return debPackage(stanza, file, name, version);
}

function debPackage(stanza: Stanza, file: ExtractorFile, name: string, version: string): Package {
  const source = sourceOf(stanza.fields.get('source'), name, version);
  const arch = stanza.fields.get('architecture') || null;
  const status = stanza.fields.get('status') ?? null;
  return packageOf({
    ecosystem: 'deb',
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
    line: stanza.line,
    attributes: {
      status: status === 'install ok installed' ? null : status,
      maintainer: stanza.fields.get('maintainer') ?? null,
    },
  });
}

// `Source: glibc (2.36-9)`, the version only where it differs from the binary's.
function sourceOf(
  field: string | undefined,
  name: string,
  version: string,
): { name: string; version: string } {
  const found = /^([^\s(]{1,512})(?:\s*\(([^)\s]{1,512})\))?/.exec(field ?? '');
  return { name: found?.[1] ?? name, version: found?.[2] ?? version };
}
