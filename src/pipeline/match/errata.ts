import type { Statement } from '../../model/advisory.ts';

// rpm errata say only what a version must reach, so what several of them say of one flaw has to be put together.

/** A statement of an erratum, and whether the version that is judged is below its fix. */
export type Fix = { readonly statement: Statement; readonly isAffected: boolean };

/**
 * The statements on one flaw in one package that hold for a version. Two rules of rpm vendors:
 * One erratum may list several builds of a package, for several minor releases; reaching any of them fulfils it.
 * A minor release that gets a fix of its own (`el9_2`, `module+el8.4`) is mended by that one, and the errata of
 * later minor releases, which repeat the flaw, are not for its builds.
 * Statements of other kinds are left as they are.
 */
export function standing<T extends Fix>(fixes: readonly T[], version: string): readonly T[] {
  if (fixes.length < 2 || fixes[0]?.statement.scheme !== 'rpm') return fixes;
  const line = lineOf(version);
  const own = line === null ? [] : fixes.filter(({ statement }) => lineOf(fixOf(statement)) === line);
  const kept = own.length === 0 ? fixes : fixes.filter((fix) => own.includes(fix) || isOther(fix));
  const fulfilled = new Set(
    kept.flatMap(({ statement, isAffected }) =>
      isAffected || fixOf(statement) === '' || statement.advisory === null ? [] : [statement.advisory],
    ),
  );
  return kept.filter(
    ({ statement, isAffected }) =>
      !isAffected || statement.advisory === null || !fulfilled.has(statement.advisory),
  );
}

// Nothing was fixed by it, so it belongs to no minor release.
function isOther({ statement }: Fix): boolean {
  return fixOf(statement) === '';
}

function fixOf({ ranges }: Statement): string {
  return ranges.length === 1 ? (ranges[0]?.fixed ?? '') : '';
}

/** The minor release that a build is for, with its module line, or null for builds that do not tell. */
function lineOf(version: string): string | null {
  return /\.(module[+_]el\d{1,3}\.\d{1,3}|el\d{1,3}_\d{1,3})(?!\d)/.exec(version)?.[1] ?? null;
}
