import type { Exposure } from '../../model/exposure.ts';
import type { NetworkChange, NetworkObject } from '../../model/network.ts';
import { applyEdit } from './apply-edit.ts';
import type { Edit } from './edits.ts';
import { applyChange } from './estate/change.ts';
import type { Estate } from './estate/estate.ts';
import { balancerCells, describe, type Found, foundOn } from './exposures.ts';
import type { NetworkIndex } from './network-index.ts';
import { isNobody, subtractMaps } from './source-map.ts';

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
    found.flatMap((one) => describe(estate, less(one, counterparts(others.get(id), one), sets))),
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

// Exposures are told apart by the edge, whichever attachment of it they come through.
function counterparts(all: readonly Found[] | undefined, one: Found): Found[] {
  return (all ?? []).filter((other) => keyOf(other) === keyOf(one));
}

function keyOf({ zone, family, protocol, via, address }: Found): string {
  const balancer = via[0]?.balancer ?? '';
  return `${zone.edge} ${family} ${protocol} ${balancer} ${balancer === '' ? address : ''}`;
}

function less(one: Found, others: readonly Found[], sets: Estate['compiled']['index']['sets']): Found {
  let { lower, upper } = one;
  for (const { upper: rest } of others) {
    if (isNobody(rest)) continue;
    lower = subtractMaps(lower, rest, sets);
    upper = subtractMaps(upper, rest, sets);
  }
  return { ...one, lower, upper };
}
