import type { Statement } from '../../model/advisory.ts';
import type { Subject, SubjectKey } from '../../model/match.ts';

/** `unsure`: it speaks of builds of a module, and the package or the statement does not tell of which one. */
export type Applicability = 'yes' | 'no' | 'unsure';

/** Whether a statement speaks of the subject at all, beyond its name: architecture, module, binary package. */
export function applicability(statement: Statement, subject: Subject, key: SubjectKey): Applicability {
  const binaries = statement.only?.binaries ?? null;
  const arches = statement.only?.arches ?? null;
  if (key.takes === 'named' && binaries === null) return 'no';
  if (key.takes === 'open' && statement.ranges.some(({ fixed }) => fixed !== null)) return 'no';
  if (binaries !== null && !binaries.includes(subject.name)) return 'no';
  if (arches !== null && !hasArch(arches, subject.arch)) return 'no';
  if (statement.scheme === 'rpm') return moduleApplies(statement, subject, key.version);
  const module = statement.only?.module ?? null;
  return module === null || module === subject.module ? 'yes' : 'no';
}

function hasArch(arches: readonly string[], arch: string | null): boolean {
  if (arch === null || isEveryArch(arch)) return true;
  return arches.includes(arch) || arches.some(isEveryArch);
}

function isEveryArch(arch: string): boolean {
  return arch === 'noarch' || arch === 'all';
}

/**
 * Builds of a module and others are lines of their own, with advisories of their own: a build of a module is judged by
 * statements on that module, or by fixes that are such builds themselves where a feed does not tell the module.
 */
function moduleApplies({ only, ranges }: Statement, subject: Subject, version: string): Applicability {
  const wanted = only?.module ?? null;
  const isBuild = subject.module !== null || isModuleBuild(version);
  if (!isBuild) return wanted !== null || ranges.some(isModuleFix) ? 'no' : 'yes';
  if (wanted === null) return untoldModuleApplies(ranges, subject.module);
  if (subject.module !== null) return subject.module === wanted ? 'yes' : 'no';
  return isOfStream(version, wanted) ? 'yes' : 'unsure';
}

function untoldModuleApplies(ranges: Statement['ranges'], module: string | null): Applicability {
  const fixes = ranges.flatMap(({ fixed }) => (fixed !== null && isModuleBuild(fixed) ? [fixed] : []));
  if (fixes.length === 0) return 'no';
  // A stream that is called by a version does not hold other versions, though it may hold other packages.
  const isVersion = module !== null && /:\d/.test(module);
  return !isVersion || fixes.some((fix) => isOfStream(fix, module)) ? 'yes' : 'unsure';
}

function isModuleFix({ fixed }: Statement['ranges'][number]): boolean {
  return fixed !== null && isModuleBuild(fixed);
}

function isModuleBuild(version: string): boolean {
  return version.includes('.module+') || version.includes('.module_');
}

// Most streams are called by the version that they hold: nginx 1.14.1 is of nginx:1.14.
function isOfStream(version: string, module: string): boolean {
  const stream = module.slice(module.indexOf(':') + 1);
  const plain = version.slice(version.indexOf(':') + 1);
  return plain.startsWith(stream) && !/^\d/.test(plain.slice(stream.length));
}
