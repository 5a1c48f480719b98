import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike, packageOf } from '../package-of.ts';
import { isCondaEnvironment, readCondaEnvironment } from '../read-conda-environment.ts';
import { shown } from '../read-text.ts';

/**
 * The file from which conda makes an environment, or which it wrote of one (`conda env export`). Only a specification
 * with one version says what will be there; every other is named as not assessed.
 * Source: https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/pkg-specs.html#package-match-specifications
 */
export const condaEnvironment = {
  id: 'conda/environment',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  endings: ['.yml', '.yaml'],
  wants: isCondaEnvironment,
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const environment = readCondaEnvironment(file);
  if ('kind' in environment) return { packages: [], problems: [environment] };
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const text of environment.specifications) {
    const read = readSpecification(text, file.path);
    if ('purl' in read) packages.push(read);
    else problems.push(read);
  }
  return { packages, problems };
}

const specificationLengthMax = 1024;

// `channel/subdir::name=version=build`, with blanks for the equals signs in the older form.
function readSpecification(text: string, path: string): Package | Problem {
  const plain = text.length > specificationLengthMax ? '' : text.replace(/\s#.*$/, '').trim();
  const mark = plain.indexOf('::');
  const [channel = null, subdir = null] = mark < 0 ? [] : plain.slice(0, mark).split('/');
  const [, name, rest = ''] =
    /^([A-Za-z0-9_][A-Za-z0-9._-]*)(.*)$/.exec(plain.slice(mark < 0 ? 0 : mark + 2)) ?? [];
  if (!isNameLike(name)) {
    return problem('malformed', path, `This specification names no package: ${shown(text)}`);
  }
  const pin = pinOf(rest);
  if (pin === null) {
    const what = rest.trim() === '' ? 'any version' : `"${shown(rest)}"`;
    const why = `${name} is not pinned (${what}), so its version is not known before it is installed.`;
    return problem('not-assessed', path, why);
  }
  return packageOf({
    ecosystem: 'conda',
    namespace: null,
    purlName: name,
    version: pin.version,
    qualifiers: { build: pin.build, channel, subdir },
    path,
  });
}

type Pin = { readonly version: string; readonly build: string | null };

// A single equals sign also takes later versions that begin like it; environments that conda wrote pin with it.
function pinOf(rest: string): Pin | null {
  const found =
    /^\s*={1,2}\s*([A-Za-z0-9._+!-]+)(?:=([A-Za-z0-9._+-]+))?$/.exec(rest) ??
    /^\s+([A-Za-z0-9._+!-]+)(?:\s+([A-Za-z0-9._+-]+))?$/.exec(rest);
  const version = found?.[1];
  return isNameLike(version) && /\d/.test(version) ? { version, build: found?.[2] ?? null } : null;
}
