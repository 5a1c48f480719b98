import type { Problem } from '../../model/problem.ts';
import { orderPep440, orderRelease, type Pep440Version, parsePep440 } from '../pep440.ts';
import { notOne } from '../scheme.ts';
import { constraintLengthMax, holds, notAConstraint } from './constraint.ts';

type Specifier = (version: Pep440Version, text: string) => boolean;

/**
 * Whether a version fulfils every specifier of a list (`>=1.0,!=1.5.*,<2`). Pre-releases count like any other
 * version: whether an installer would choose one is another question. Read besides, as other tools write it:
 * alternatives behind `||`, blanks for commas, a bare version or one behind `=` for exactly that one, `*` for any.
 * Source: https://packaging.python.org/en/latest/specifications/version-specifiers/
 */
export function satisfiesPep440(version: string, constraint: string): boolean | Problem {
  const parsed = version.length > constraintLengthMax ? null : parsePep440(version);
  if (parsed === null) return notOne('pep440', version);
  if (constraint.length > constraintLengthMax) return notAConstraint('pep440', constraint);
  let isInside = false;
  for (const alternative of constraint.split('||')) {
    const specifiers = parseAlternative(alternative);
    if (specifiers === null) return notAConstraint('pep440', constraint);
    isInside ||= specifiers.every((specifier) => specifier(parsed, version));
  }
  return isInside;
}

function parseAlternative(text: string): readonly Specifier[] | null {
  const specifiers: Specifier[] = [];
  const words = text.replace(/([<>=!~])\s+/g, '$1').split(/[\s,]+/);
  for (const word of words.filter((part) => part !== '' && part !== '*')) {
    const specifier = parseSpecifier(/^=?[^<>=!~]/.test(word) ? `==${word.replace(/^=/, '')}` : word);
    if (specifier === null) return null;
    specifiers.push(specifier);
  }
  return specifiers;
}

function parseSpecifier(text: string): Specifier | null {
  const found = /^(~=|===|==|!=|<=|>=|<|>)\s*(\S+)$/.exec(text);
  const op = found?.[1];
  const operand = found?.[2] ?? '';
  if (op === undefined) return null;
  if (op === '===') return (_, written) => written.trim().toLowerCase() === operand.toLowerCase();
  const isPrefix = operand.endsWith('.*');
  const bound = parsePep440(isPrefix ? operand.slice(0, -2) : operand);
  if (bound === null || (isPrefix && (bound.dev !== null || bound.local.length > 0))) return null;
  if (isPrefix) return prefixSpecifier(op, bound);
  return op === '==' || op === '!=' ? equalitySpecifier(op, bound) : orderSpecifier(op, bound);
}

function prefixSpecifier(op: string, bound: Pep440Version): Specifier | null {
  if (op === '==') return (version) => hasPrefix(version, bound);
  return op === '!=' ? (version) => !hasPrefix(version, bound) : null;
}

// A bound without a local label takes every label for the same version.
function equalitySpecifier(op: '==' | '!=', bound: Pep440Version): Specifier {
  const isEqual: Specifier = (version) =>
    orderPep440(bound.local.length === 0 ? withoutLocal(version) : version, bound) === 0;
  return op === '==' ? isEqual : (version, text) => !isEqual(version, text);
}

function orderSpecifier(op: string, bound: Pep440Version): Specifier | null {
  if (bound.local.length > 0) return null;
  switch (op) {
    case '<=':
    case '>=':
      return (version) => holds(op, orderPep440(withoutLocal(version), bound));
    case '<':
      return (version) => isBelow(version, bound);
    case '>':
      return (version) => isAbove(version, bound);
    default:
      return compatibleSpecifier(bound);
  }
}

// Below, and no pre-release of the bound itself, unless the bound is one.
function isBelow(version: Pep440Version, bound: Pep440Version): boolean {
  if (orderPep440(version, bound) >= 0) return false;
  return isPreRelease(bound) || !isPreReleaseOf(version, bound);
}

function isPreReleaseOf(version: Pep440Version, bound: Pep440Version): boolean {
  if (!hasSameRelease(version, bound)) return false;
  if (bound.post === null) return isPreRelease(version);
  return version.pre === null && version.post === bound.post && version.dev !== null;
}

// Above, and neither a local build nor a post-release of the bound itself, unless the bound is one.
function isAbove(version: Pep440Version, bound: Pep440Version): boolean {
  if (orderPep440(withoutLocal(version), bound) <= 0) return false;
  const isPostOfBound = version.post !== null && bound.post === null;
  return !isPostOfBound || orderPep440({ ...version, post: null, dev: null, local: [] }, bound) !== 0;
}

// `~=2.2.1` is at least that and still 2.2.
function compatibleSpecifier(bound: Pep440Version): Specifier | null {
  if (bound.release.length < 2) return null;
  const prefix = { ...bound, release: bound.release.slice(0, -1), pre: null, post: null, dev: null };
  return (version) => orderPep440(withoutLocal(version), bound) >= 0 && hasPrefix(version, prefix);
}

// The version begins with what the bound spells out, up to its last part.
function hasPrefix(version: Pep440Version, bound: Pep440Version): boolean {
  if (orderPep440({ ...empty, epoch: version.epoch }, { ...empty, epoch: bound.epoch }) !== 0) return false;
  const release = [...version.release, ...bound.release.map(() => '0')].slice(0, bound.release.length);
  if (bound.pre === null && bound.post === null) return orderRelease(release, bound.release) === 0;
  if (!hasSameRelease(version, bound)) return false;
  const hasSamePre = orderPep440({ ...empty, pre: version.pre }, { ...empty, pre: bound.pre }) === 0;
  return hasSamePre && (bound.post === null || version.post === bound.post);
}

const empty: Pep440Version = { epoch: '0', release: ['0'], pre: null, post: null, dev: null, local: [] };

function hasSameRelease(a: Pep440Version, b: Pep440Version): boolean {
  return (
    orderPep440(
      { ...empty, epoch: a.epoch, release: a.release },
      { ...empty, epoch: b.epoch, release: b.release },
    ) === 0
  );
}

function withoutLocal(version: Pep440Version): Pep440Version {
  return { ...version, local: [] };
}

function isPreRelease(version: Pep440Version): boolean {
  return version.pre !== null || version.dev !== null;
}
