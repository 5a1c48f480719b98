import { formatAddress } from '../../model/address.ts';
import { type Answer, componentTypes, type Question, type Stop } from '../../model/exposure.ts';
import type { Compiled } from './compiled.ts';
import type { Estate } from './estate/estate.ts';
import { evidenceOf, explainingWalk, stopsOf, witness } from './evidence.ts';
import { missingIn } from './missing.ts';
import { allPorts, noPorts, type PortSetId } from './port-set.ts';
import { type ProtocolCase, protocolCases } from './protocol-cases.ts';
import { type End, endsOf, type Start, startsOf } from './question.ts';
import { intersectMaps, isNobody, portsOfMap, type SourceMap, valueAt } from './source-map.ts';
import { leadsOf, portsLedTo } from './targets.ts';
import { startFlow } from './walk/enter.ts';
import { anyOf, newBudget, nothing, type Obstruction, type Result, type Walk } from './walk/flow.ts';

/** Ways that are put in words to find the one that gets furthest. */
const explainedMax = 64;

/**
 * Whether and how a packet gets from one place to another. Every way is tried: each address of either end, load
 * balancers in front of it, each protocol that rules tell apart. What is named and not there makes the answer `may`.
 */
export function answer(estate: Estate, question: Question): Answer {
  const { compiled } = estate;
  const missing = missingIn(compiled, question);
  if (missing !== null) return unanswerable(missing);
  const { starts, isWhole } = startsOf(compiled, question.from, question.to);
  const attempts = attemptsOf(compiled, question, starts);
  const tried = attempts.map((attempt) => ({ attempt, result: run(compiled, attempt, false) }));
  const sure = tried.filter(({ result }) => !isNobody(result.lower));
  const perhaps = tried.filter(({ result }) => !isNobody(result.upper));
  const [best] = sure.length > 0 ? sure : perhaps;
  if (best === undefined) return closedAnswer(compiled, attempts, isWhole);
  const isSure = sure.length > 0;
  const map = isSure ? best.result.lower : best.result.upper;
  const evidence = evidenceOf(run(compiled, atWitness(compiled, best.attempt, map), true));
  return {
    verdict: isSure ? 'reachable' : 'may',
    path: evidence.path,
    stop: null,
    blockers: [],
    inspectedBy: evidence.inspectedBy,
    unknown: isSure ? [] : evidence.unknown,
    open: {
      protocol: best.attempt.protocol.protocol,
      ports: compiled.index.sets.ranges(portsOfMap(map, compiled.index.sets)),
    },
  };
}

/** One way to try: from one place, to one place, by one protocol. */
type Attempt = { readonly start: Start; readonly end: End; readonly protocol: ProtocolCase };

function attemptsOf(compiled: Compiled, question: Question, starts: readonly Start[]): Attempt[] {
  const ends = endsOf(compiled, question.to);
  const attempts: Attempt[] = [];
  for (const start of starts) {
    const cases = protocolCases(compiled, question, start.family);
    for (const end of endsFor(start, ends))
      for (const protocol of cases) attempts.push({ start, end, protocol });
  }
  return attempts;
}

// From outside only public addresses count, and where there is none the private one says why.
function endsFor(start: Start, ends: readonly End[]): readonly End[] {
  const own = ends.filter(
    (end) => end.family === start.family && (start.vpc === null || end.vpc === null || end.vpc === start.vpc),
  );
  const isEdge = start.source === 'client' || !['interface', 'subnet', 'vpc'].includes(start.origin.kind);
  if (!start.isOutside && isEdge) return own.filter(({ isPublic }) => !isPublic);
  if (!start.isOutside) return own;
  const outside = own.filter(({ isPublic }) => isPublic);
  return outside.length > 0 ? outside : own;
}

function run(compiled: Compiled, { start, end, protocol }: Attempt, isExplaining: boolean): Result {
  const { sets } = compiled.index;
  const { front } = end;
  const ports = front === null ? protocol.ports : sets.range(front.listener.port, front.listener.port);
  const led = front === null ? allPorts : portsLed(compiled, front, protocol, end.family);
  // Where nothing is sent, there is nothing to find, but something to explain.
  const wanted = sets.intersect(protocol.ports, led);
  if (wanted === noPorts && !isExplaining) return nothing;
  const goalPorts = wanted === noPorts ? protocol.ports : wanted;
  const goal = end.goal.kind === 'target' ? { ...end.goal, ports: goalPorts } : end.goal;
  const walk: Walk = isExplaining
    ? { ...explainingWalk(compiled, protocol.isOneWay), names: namesOf(start, end) }
    : {
        compiled,
        isExplaining: false,
        isOneWay: protocol.isOneWay,
        watched: null,
        names: new Map(),
        unseen: 'follow',
        arrivalVpc: undefined,
        arrivals: null,
        budget: newBudget(),
      };
  const flow = startFlow(
    {
      family: start.family,
      protocol: protocol.protocol,
      source: start.source,
      destination: end.at,
      origin: start.origin,
      goal,
      owner: end.owner,
      groupVpc: start.groupVpc,
    },
    { ports, replyPorts: protocol.replyPorts },
  );
  if (start.mask === null) return start.enter(walk, flow);
  const masked = intersectMaps(flow.upper, start.mask, sets);
  return start.enter(walk, { ...flow, lower: masked, upper: masked });
}

// The addresses that were asked for, by the numbers that stand for them.
function namesOf(start: Start, end: End): ReadonlyMap<number, string> {
  const names = new Map([[end.at, formatAddress(end.address)]]);
  if (start.source !== 'client' && start.address !== null)
    names.set(start.source, formatAddress(start.address));
  return names;
}

function portsLed(
  compiled: Compiled,
  { balancer, listener, device }: NonNullable<End['front']>,
  { protocol }: ProtocolCase,
  family: End['family'],
): PortSetId {
  return portsLedTo(leadsOf(compiled, balancer, listener, protocol, family), device);
}

// One client in place of all: the one to show.
function atWitness(compiled: Compiled, attempt: Attempt, map: SourceMap): Attempt {
  const { start, protocol, end } = attempt;
  const { sets } = compiled.index;
  const source =
    start.source === 'client' ? witness(map, compiled.index.space(start.family).end) : start.source;
  const open = valueAt(map, start.source === 'client' ? source : 0);
  const narrowed = end.front === null ? { ...protocol, ports: firstPort(compiled, open) } : protocol;
  const ports = end.goal.kind === 'target' ? firstPort(compiled, open) : noPorts;
  const target =
    end.goal.kind === 'target' ? { ...narrowed, ports: sets.intersect(ports, protocol.ports) } : narrowed;
  return { end, protocol: target, start: { ...start, source, mask: null } };
}

function firstPort(compiled: Compiled, ports: PortSetId): PortSetId {
  if (ports === allPorts) return allPorts;
  const { sets } = compiled.index;
  const from = sets.ranges(ports)[0]?.[0];
  return from === undefined ? ports : sets.range(from, from);
}

function closedAnswer(compiled: Compiled, attempts: readonly Attempt[], isWhole: boolean): Answer {
  const shown = explained(compiled, attempts);
  const { path, blockers, inspectedBy } = evidenceOf(anyOf(explainingWalk(compiled, false), shown));
  const stop = blockers.find(({ reason }) => reason !== 'target-port') ?? blockers[0] ?? noWay;
  return {
    verdict: isWhole ? 'unreachable' : 'may',
    path,
    stop,
    blockers,
    inspectedBy,
    unknown: isWhole ? [] : ['whether more sources than were looked at differ'],
    open: null,
  };
}

/** What stands in the way of a question, for each way that there is; ways that nobody knows are left out. */
export function obstaclesOf(estate: Estate, question: Question): (readonly Obstruction[])[] {
  const { compiled } = estate;
  if (missingIn(compiled, question) !== null) return [];
  const { starts } = startsOf(compiled, question.from, question.to);
  return explained(compiled, attemptsOf(compiled, question, starts)).flatMap(({ trail }) =>
    trail === null ? [] : [stopsOf(trail)],
  );
}

function explained(compiled: Compiled, attempts: readonly Attempt[]): Result[] {
  return attempts
    .slice(0, explainedMax)
    .map((attempt) => run(compiled, explainable(compiled, attempt), true));
}

// Anybody's packet is shown as somebody's: a public resolver's, or the first address of the block.
function explainable(compiled: Compiled, attempt: Attempt): Attempt {
  const { start } = attempt;
  if (start.source !== 'client') return attempt;
  const space = compiled.index.space(start.family);
  const anybody = start.family === 4 ? ({ family: 4, value: 0x08080808 } as const) : resolver6;
  const somebody = space.at(start.sample ?? anybody);
  const source = start.mask === null ? somebody : witness(start.mask, space.end);
  return { ...attempt, start: { ...start, source, mask: null } };
}

const resolver6 = { family: 6, value: 0x2606_4700_4700n << 80n } as const;

const noWay: Stop = {
  code: 'NO_PATH',
  reason: 'unspecified',
  componentId: 'none',
  componentType: componentTypes.other,
  explanation:
    'Source and destination have no addresses of the same kind, or no way leads from one to the other.',
  places: [],
};

function unanswerable(missing: string): Answer {
  return {
    verdict: 'may',
    path: [],
    stop: null,
    blockers: [],
    inspectedBy: [],
    unknown: [missing],
    open: null,
  };
}
