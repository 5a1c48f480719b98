import type { PathStep, Stop } from '../../model/exposure.ts';
import type { Compiled } from './compiled.ts';
import type { Estate } from './estate/estate.ts';
import { clientPorts } from './estate/gate.ts';
import type { Found } from './exposures.ts';
import { noPorts, type PortSetId } from './port-set.ts';
import { type SourceMap, valueAt } from './source-map.ts';
import { startFlow } from './walk/enter.ts';
import { inOrder, newBudget, type Obstruction, type Result, type Trail, type Walk } from './walk/flow.ts';
import { enterZone, originOf } from './zones.ts';

/** What a walk found on its way, in the words of an answer. */
export type Evidence = {
  readonly path: readonly PathStep[];
  readonly blockers: readonly Stop[];
  readonly unknown: readonly string[];
  readonly inspectedBy: readonly string[];
};

/** Follows one client of an exposure, the one of the largest block, to one of its ports, and writes the way down. */
export function explainExposure(
  estate: Estate,
  found: Found,
  ports: PortSetId,
  clients: SourceMap,
): Evidence {
  const { compiled } = estate;
  const { sets } = compiled.index;
  const client = witness(clients, compiled.index.space(found.family).end);
  const port = sets.ranges(ports)[0]?.[0] ?? 0;
  const at = sets.range(port, port);
  const via = found.via.find((cell) => sets.has(valueAt(cell.upper, client), port)) ?? null;
  const zone = via?.zone ?? found.zone;
  const flow = startFlow(
    {
      family: found.family,
      protocol: found.protocol,
      source: client,
      destination: via?.frontAddress ?? found.address,
      origin: originOf(zone),
      goal: via === null ? { kind: 'any' } : { kind: 'target', interface: found.device.id, ports: at },
      owner: via?.front.id ?? found.device.id,
      groupVpc: zone.groupVpc,
    },
    {
      ports: via === null ? at : sets.range(via.listenerPort, via.listenerPort),
      replyPorts: sets.range(clientPorts.from, clientPorts.to),
    },
  );
  return evidenceOf(enterZone(explainingWalk(compiled, false), flow, zone));
}

/** A walk of one client that writes down what it passes. */
export function explainingWalk(compiled: Compiled, isOneWay: boolean): Walk {
  return {
    compiled,
    isExplaining: true,
    isOneWay,
    watched: null,
    names: new Map(),
    unseen: 'follow',
    arrivalVpc: undefined,
    arrivals: null,
    budget: newBudget(),
  };
}

/** The trail of a result in words: the path up to the first obstacle, and all obstacles. */
export function evidenceOf(result: Result): Evidence {
  return result.trail === null ? nothingFound : evidenceOfTrail(result.trail);
}

const nothingFound: Evidence = { path: [], blockers: [], unknown: [], inspectedBy: [] };

function evidenceOfTrail(trail: Trail): Evidence {
  const path: PathStep[] = [];
  const blockers: Stop[] = [];
  const unknown: string[] = [];
  for (const note of inOrder(trail.notes)) {
    if (note.kind === 'stop') blockers.push(plainStop(note.stop));
    else if (note.kind === 'unknown') unknown.push(note.what);
    else if (blockers.length === 0 && !repeats(path, note.step)) path.push(note.step);
  }
  return { path, blockers, unknown: [...new Set(unknown)], inspectedBy: [...new Set(trail.boxes)] };
}

/** All obstacles of a trail, with what would remove them. */
export function stopsOf(trail: Trail): Obstruction[] {
  return inOrder(trail.notes).flatMap((note) => (note.kind === 'stop' ? [note.stop] : []));
}

function plainStop({ fix: _, ...stop }: Obstruction): Stop {
  return stop;
}

function repeats(path: readonly PathStep[], next: PathStep): boolean {
  const last = path.at(-1);
  return (
    last?.componentId === next.componentId &&
    last.direction === next.direction &&
    last.rule?.text === next.rule?.text
  );
}

/** A client of a mask: the first address of its largest block. */
export function witness(clients: SourceMap, spaceEnd: number): number {
  let best = 0;
  let size = -1;
  clients.values.forEach((value, at) => {
    const start = clients.starts[at] as number;
    const length = (clients.starts[at + 1] ?? spaceEnd) - start;
    if (value === noPorts || length <= size) return;
    best = start;
    size = length;
  });
  return best;
}
