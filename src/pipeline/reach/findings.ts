import type { ComponentType, Exposure } from '../../model/exposure.ts';
import { type Severity, severityRank } from '../../model/severity.ts';
import facts from './findings.json' with { type: 'json' };

/** What is recorded of an exposure: one for each interface, edge, protocol and range of ports. */
export type ReachabilityFinding = {
  readonly type: 'NETWORK_REACHABILITY';
  readonly title: string;
  readonly description: string;
  readonly remediation: string;
  readonly severity: Severity;
  readonly instance: string;
  readonly interface: string;
  readonly edge: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly openPortRange: { readonly begin: number; readonly end: number };
  /** From the edge to the instance. */
  readonly networkPath: { readonly steps: readonly FindingStep[] };
  /** Clients that it is open to, inclusive ranges. */
  readonly sources: Exposure['sources'];
  readonly inspectedBy: readonly string[];
};

export type FindingStep = { readonly componentId: string; readonly componentType: ComponentType };

/** Steps that a finding may have. */
const stepsMax = 30;

/**
 * Findings of what surely stands open; what perhaps does makes none. Several exposures that differ only in address or
 * client make one. In the order of interface, edge, protocol and port.
 * Source: https://docs.aws.amazon.com/inspector/latest/user/findings-types.html
 */
export function findingsOf(exposures: readonly Exposure[]): ReachabilityFinding[] {
  const found = new Map<string, ReachabilityFinding>();
  for (const exposure of exposures) {
    if (exposure.verdict !== 'reachable') continue;
    for (const [begin, end] of exposure.ports) {
      const key = [exposure.interface, exposure.edge, exposure.protocol, begin, end].join(' ');
      const known = found.get(key);
      found.set(key, known ? joined(known, exposure) : findingOf(exposure, begin, end));
    }
  }
  return [...found.values()].sort(byPlace);
}

/** Severity of a range of ports: that of the most severe service in it. */
export function severityOfPorts(
  protocol: 'tcp' | 'udp',
  begin: number,
  end: number,
  edgeType: ComponentType,
): Severity {
  const path = edgeOf(edgeType).path;
  let worst = severityNamed(facts.otherwise[path]);
  for (const service of facts.services) {
    if (!service[protocol].some((port) => port >= begin && port <= end)) continue;
    const severity = severityNamed(service[path]);
    if (severityRank(severity) > severityRank(worst)) worst = severity;
  }
  return worst;
}

function findingOf(exposure: Exposure, begin: number, end: number): ReachabilityFinding {
  const { title, word } = edgeOf(exposure.edgeType);
  const protocol = exposure.protocol === 'tcp' ? 'TCP' : 'UDP';
  const values = {
    from: begin,
    to: end,
    edge: title,
    word,
    protocol,
    edgeId: exposure.edge,
    instance: exposure.instance,
    interface: exposure.interface,
  };
  return {
    type: 'NETWORK_REACHABILITY',
    title: fill(begin === end ? facts.titles.port : facts.titles.range, values),
    description: fill(facts.description, values),
    remediation: facts.remediation,
    severity: severityOfPorts(exposure.protocol, begin, end, exposure.edgeType),
    instance: exposure.instance,
    interface: exposure.interface,
    edge: exposure.edge,
    protocol,
    openPortRange: { begin, end },
    networkPath: { steps: stepsOf(exposure) },
    sources: exposure.sources,
    inspectedBy: exposure.inspectedBy,
  };
}

function joined(known: ReachabilityFinding, exposure: Exposure): ReachabilityFinding {
  const texts = new Set(known.sources.map((range) => range.join()));
  const more = exposure.sources.filter((range) => !texts.has(range.join()));
  return {
    ...known,
    sources: [...known.sources, ...more],
    inspectedBy: [...new Set([...known.inspectedBy, ...exposure.inspectedBy])],
  };
}

// Components that decide about access, each once; routes and the way back are evidence, not path.
const pathTypes: ReadonlySet<ComponentType> = new Set<ComponentType>([
  'AWS::EC2::InternetGateway',
  'AWS::EC2::VPCPeeringConnection',
  'AWS::EC2::VPNGateway',
  'AWS::EC2::TransitGateway',
  'AWS::EC2::TransitGatewayAttachment',
  'AWS::EC2::VPCEndpoint',
  'AWS::NetworkFirewall::Firewall',
  'AWS::EC2::NetworkAcl',
  'AWS::EC2::SecurityGroup',
  'AWS::ElasticLoadBalancingV2::LoadBalancer',
  'AWS::ElasticLoadBalancingV2::Listener',
  'AWS::ElasticLoadBalancingV2::TargetGroup',
  'AWS::ElasticLoadBalancing::LoadBalancer',
  'AWS::EC2::NetworkInterface',
  'AWS::EC2::Instance',
]);

function stepsOf({ path, interface: device, instance }: Exposure): FindingStep[] {
  const steps: FindingStep[] = [];
  for (const { componentId, componentType, direction } of path) {
    if (direction === 'reply' || !pathTypes.has(componentType)) continue;
    if (steps.some((step) => step.componentId === componentId)) continue;
    steps.push({ componentId, componentType });
  }
  if (steps.length <= stepsMax) return steps;
  const end = steps.filter(({ componentId }) => componentId === device || componentId === instance);
  return [...steps.slice(0, stepsMax - end.length), ...end];
}

function edgeOf(type: ComponentType): {
  readonly path: 'internet' | 'inside';
  readonly title: string;
  readonly word: string;
} {
  const known = Object.entries(facts.edges).find(([name]) => name === type)?.[1];
  if (!known) return { path: 'inside', title: type, word: type };
  return { ...known, path: known.path === 'internet' ? 'internet' : 'inside' };
}

function severityNamed(name: string): Severity {
  const known = (['HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL'] as const).find((one) => one === name);
  return known ?? 'UNTRIAGED';
}

function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w{1,20})\}/g, (whole, name: string) => String(values[name] ?? whole));
}

function byPlace(a: ReachabilityFinding, b: ReachabilityFinding): number {
  const text = ({ interface: device, edge, protocol }: ReachabilityFinding) =>
    `${device} ${edge} ${protocol}`;
  const [one, two] = [text(a), text(b)];
  return one < two ? -1 : one > two ? 1 : a.openPortRange.begin - b.openPortRange.begin;
}
