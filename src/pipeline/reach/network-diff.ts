import { type Network, type NetworkChange, type NetworkObject, networkKinds } from '../../model/network.ts';

/** The changes that make one network of another, object by object: what goes first, then what is new or different. */
export function networkChanges(before: Network, after: Network): NetworkChange[] {
  const changes: NetworkChange[] = [];
  for (const kind of networkKinds) {
    const old: ReadonlyMap<string, NetworkObject> = before[kind];
    const now: ReadonlyMap<string, NetworkObject> = after[kind];
    for (const id of old.keys()) if (!now.has(id)) changes.push({ remove: { kind, id } });
    for (const [id, object] of now) {
      const known = old.get(id);
      if (known === undefined || textOf(known) !== textOf(object)) changes.push({ put: object });
    }
  }
  return changes;
}

// Translators build an object's fields in the same order every time, so equal objects have equal text.
function textOf(object: NetworkObject): string {
  return JSON.stringify(object, (_name, value) =>
    typeof value === 'bigint'
      ? `${value}n`
      : value instanceof Map
        ? [...value]
        : value instanceof Set
          ? [...value]
          : value,
  );
}
