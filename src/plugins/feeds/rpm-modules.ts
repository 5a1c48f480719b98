import type { StatementCondition } from '../../model/advisory.ts';

/**
 * The module conditions of a fix: rpm builds out of a module carry `.module` in their release and are meant only for
 * hosts with that module stream. The stream (`nodejs:18`) stands in the erratum's title, which may name two. Null
 * when the fix is no module build or the title names none.
 */
export function rpmModules(fixed: readonly string[], title: string): readonly StatementCondition[] | null {
  if (!fixed.some((version) => version.includes('.module'))) return null;
  const words = title.replace(
    /^\s*(?:[A-Z]{4}-\d{4}[:-][\w.-]{1,20}: |(?:Critical|Important|Moderate|Low): )/,
    '',
  );
  const named = words.match(/\b[A-Za-z0-9][A-Za-z0-9_.+-]{0,60}:[A-Za-z0-9][A-Za-z0-9_.+-]{0,60}\b/g);
  return named === null
    ? null
    : [...new Set(named)].map((module) => ({ arches: null, module, binaries: null }));
}
