import { type Address, formatAddress, parseAddress, single } from '../../model/address.ts';
import type { Exposure, Question } from '../../model/exposure.ts';
import type { NetworkAcl } from '../../model/network.ts';
import { answer, obstaclesOf } from './answer.ts';
import type { Counterfactual } from './close.ts';
import { type Edit, formatEdit, targetNamed } from './edits.ts';
import type { Estate } from './estate/estate.ts';
import type { NetworkIndex } from './network-index.ts';
import { allPorts, type PortSetId } from './port-set.ts';
import type { Fix } from './walk/flow.ts';
import { whatIf, withEdits } from './what-if.ts';

/** Obstacles on one way, or found behind the ones that were removed. */
const editsMax = 12;

/**
 * The smallest change that makes a closed answer reachable: on the way with the fewest obstacles, one edit for each,
 * as narrow as the question. It is tried before it is named. Null when an obstacle is of a kind that no edit removes
 * (peering does not lead further, a NAT gateway takes nothing in), or is not known.
 */
export function smallestOpening(estate: Estate, question: Question): Counterfactual | null {
  let best: readonly Edit[] | null = null;
  for (const first of waysToBegin(estate, question)) {
    const edits = carryOn(estate, question, first);
    if (edits !== null && (best === null || edits.length < best.length)) best = edits;
  }
  if (best === null) return null;
  const needed = withoutSpare(estate, question, best);
  const { vanished, appeared } = whatIf(estate, needed);
  const others = appeared.filter((one) => !isAskedFor(one, question));
  return { edits: needed, alsoChanged: vanished.length + others.length };
}

// An exposure that is what the question wants.
function isAskedFor(exposure: Exposure, { to, ports }: Question): boolean {
  const { instance, interface: device, address, publicAddress } = exposure;
  const isThere =
    to.kind === 'address'
      ? [address, publicAddress].includes(formatAddress(to.address))
      : to.id === (to.kind === 'instance' ? instance : device);
  return (
    isThere &&
    (ports ?? [{ from: 0, to: 65535 }]).some((asked) =>
      exposure.ports.some(([from, last]) => from <= asked.to && last >= asked.from),
    )
  );
}

// The edits for each way as it is seen now; a way with an obstacle that cannot be removed is left out.
function waysToBegin(estate: Estate, question: Question): Edit[][] {
  const { index } = estate.compiled;
  return obstaclesOf(estate, question)
    .map((obstacles) => obstacles.map(({ fix }) => (fix ? editOf(index, fix) : null)))
    .filter((edits) => edits.length > 0 && !edits.includes(null))
    .map((edits) => distinct(edits.filter((edit) => edit !== null)))
    .sort((a, b) => a.length - b.length)
    .slice(0, 8);
}

// Behind an obstacle there may be the next one: edits are added until the answer turns.
function carryOn(estate: Estate, question: Question, first: Edit[]): Edit[] | null {
  let edits = first;
  while (edits.length <= editsMax) {
    const tried = withEdits(estate, edits, () =>
      answer(estate, question).verdict === 'reachable' ? 'open' : (waysToBegin(estate, question)[0] ?? null),
    );
    if (!('value' in tried) || tried.value === null) return null;
    if (tried.value === 'open') return edits;
    const more = distinct([...edits, ...tried.value]);
    if (more.length === edits.length) return null;
    edits = more;
  }
  return null;
}

function withoutSpare(estate: Estate, question: Question, edits: readonly Edit[]): readonly Edit[] {
  let needed = edits;
  for (const edit of edits) {
    const fewer = needed.filter((one) => one !== edit);
    if (opens(estate, question, fewer)) needed = fewer;
  }
  return needed;
}

/** Whether an answer is reachable once edits are made. */
export function opens(estate: Estate, question: Question, edits: readonly Edit[]): boolean {
  const tried = withEdits(estate, edits, () => answer(estate, question).verdict === 'reachable');
  return 'value' in tried && tried.value;
}

function editOf(index: NetworkIndex, fix: Fix): Edit | null {
  switch (fix.kind) {
    case 'group': {
      const remote = parseAddress(fix.remote);
      if (remote === null) return null;
      const ports = rangeOf(index, fix.ports);
      const { group, direction, protocol } = fix;
      return {
        kind: 'authorize',
        group,
        direction,
        protocol,
        ports,
        peer: { kind: 'cidr', cidr: single(remote) },
      };
    }
    case 'acl': {
      const acl = index.get('networkAcl', fix.acl);
      const remote = parseAddress(fix.remote);
      const number = acl && freeNumber(acl, fix.direction);
      if (acl === null || remote === null || number === null) return null;
      const { direction, protocol } = fix;
      return {
        kind: 'allow',
        acl: acl.id,
        number,
        direction,
        protocol,
        ports: rangeOf(index, fix.ports),
        cidr: single(remote),
      };
    }
    case 'route':
      return routeEdit(index, fix);
    case 'public': {
      const inside = parseAddress(fix.at);
      const outside = freePublic(index);
      if (inside === null || inside.family !== 4 || outside === null) return null;
      return { kind: 'associate', interface: fix.interface, inside, outside };
    }
    case 'start':
      return { kind: 'start', instance: fix.instance };
  }
}

// Numbers of a set, where one range tells them; a filter that needs more is opened by its first range.
function rangeOf(index: NetworkIndex, ports: PortSetId): { from: number; to: number } | null {
  if (ports === allPorts) return null;
  const [from, to] = index.sets.ranges(ports)[0] ?? [0, 65535];
  return { from, to };
}

// A number in front of every entry of the direction.
function freeNumber(acl: NetworkAcl, direction: 'in' | 'out'): number | null {
  const numbers = acl.entries.filter((one) => one.direction === direction).map(({ number }) => number);
  const lowest = Math.min(101, ...numbers);
  return lowest > 1 ? lowest - 1 : null;
}

function routeEdit(index: NetworkIndex, fix: Extract<Fix, { kind: 'route' }>): Edit | null {
  const to = parseAddress(fix.to);
  if (to === null) return null;
  const gateway = fix.gateway ?? internetGatewayOf(index, fix.vpc);
  if (gateway === null) return null;
  return { kind: 'route', table: fix.table, destination: single(to), target: targetNamed(gateway) };
}

function internetGatewayOf(index: NetworkIndex, vpc: string): string | null {
  return index.find('internetGateway', `internet:${vpc}`).find(({ state }) => state === 'up')?.id ?? null;
}

// An address of the block for documentation, to stand for the one that would be allocated.
function freePublic(index: NetworkIndex): Address | null {
  for (let host = 1; host < 255; host++) {
    if (index.find('interface', `public:203.0.113.${host}`).length === 0)
      return { family: 4, value: 0xcb007100 + host };
  }
  return null;
}

function distinct(edits: readonly Edit[]): Edit[] {
  return [...new Map(edits.map((edit) => [formatEdit(edit), edit])).values()];
}
