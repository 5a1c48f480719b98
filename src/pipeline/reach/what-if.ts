import type { Exposure } from '../../model/exposure.ts';
import type { NetworkChange, NetworkObject } from '../../model/network.ts';
import { applyEdit } from './apply-edit.ts';
import type { Edit } from './edits.ts';
import { applyChange } from './estate/change.ts';
import type { Estate } from './estate/estate.ts';
import { balancerCells, describe, type Found, foundOn } from './exposures.ts';
import type { NetworkIndex } from './network-index.ts';
import { isNobody, nobody, subtractMaps } from './source-map.ts';

/** What some edits would do to what stands open. */
export type WhatIf = {
  readonly vanished: readonly Exposure[];
  readonly appeared: readonly Exposure[];
  /** Edits that cannot be made, with the reason; when there are any, nothing was tried. */
  readonly refused: readonly string[];
};

/** Tries edits on an estate and takes them back. The estate is as before afterwards. */
export function whatIf(estate: Estate, edits: readonly Edit[]): WhatIf {
  const { compiled } = estate;
  const result = compareStates(estate, edits);
  // An estate that had to be read in anew on the way speaks in other numbers: once more, with room to spare.
  return estate.compiled === compiled ? result : compareStates(estate, edits);
}

function compareStates(estate: Estate, edits: readonly Edit[]): WhatIf {
  const tried = withEdits(estate, edits, (touched) => foundOnAll(estate, touched));
  if (!('value' in tried)) return { vanished: [], appeared: [], refused: tried.refused };
  const after = tried.value;
  const before = foundOnAll(estate, tried.touched);
  const vanished = difference(estate, before, after);
  const appeared = withEdits(estate, edits, () => difference(estate, after, before));
  return { vanished, appeared: 'value' in appeared ? appeared.value : [], refused: [] };
}

type FoundById = ReadonlyMap<string, readonly Found[]>;

function foundOnAll(estate: Estate, ids: ReadonlySet<string>): FoundById {
  const behind = balancerCells(estate);
  return new Map([...ids].map((id) => [id, foundOn(estate, id, behind)]));
}

// What the first has and the second perhaps has not even perhaps.
function difference(estate: Estate, some: FoundById, others: FoundById): Exposure[] {
  const { sets } = estate.compiled.index;
  return [...some].flatMap(([id, found]) =>
    found.flatMap((one) => describe(estate, less(one, counterpart(others.get(id), one), sets))),
  );
}

export type Tried<T> =
  | { readonly value: T; readonly touched: ReadonlySet<string> }
  | { readonly refused: readonly string[] };

/** Runs something while edits are in force, and takes them back. `touched`: interfaces that they may concern. */
export function withEdits<T>(
  estate: Estate,
  edits: readonly Edit[],
  run: (touched: ReadonlySet<string>) => T,
): Tried<T> {
  const undo: NetworkChange[] = [];
  const touched = new Set<string>();
  const refused: string[] = [];
  for (const edit of edits) {
    const changed = applyEdit(estate.compiled.index, edit);
    if (typeof changed === 'string') {
      refused.push(changed);
      continue;
    }
    undo.push(inverseOf(estate.compiled.index, changed));
    for (const id of applyChange(estate, { put: changed }).touched) touched.add(id);
  }
  try {
    return refused.length > 0 ? { refused } : { value: run(touched), touched };
  } finally {
    for (const change of undo.reverse()) applyChange(estate, change);
  }
}

function inverseOf(index: NetworkIndex, object: NetworkObject): NetworkChange {
  const before = index.get(object.kind, object.id);
  return before === null ? { remove: { kind: object.kind, id: object.id } } : { put: before };
}

function counterpart(all: readonly Found[] | undefined, one: Found): Found | null {
  return (all ?? []).find((other) => keyOf(other) === keyOf(one)) ?? null;
}

function keyOf(found: Found): string {
  const via = found.via[0]?.balancer ?? '';
  const zone = via === '' ? found.zone.key : found.zone.edge;
  return `${zone} ${found.family} ${found.protocol} ${via} ${via === '' ? found.address : ''}`;
}

function less(one: Found, other: Found | null, sets: Estate['compiled']['index']['sets']): Found {
  const rest = other?.upper ?? nobody;
  if (isNobody(rest)) return one;
  return { ...one, lower: subtractMaps(one.lower, rest, sets), upper: subtractMaps(one.upper, rest, sets) };
}
