import { fields, textOf, texts } from '../../../lib/fields.ts';
import type { Cidr } from '../../../model/address.ts';
import type {
  Endpoint,
  Firewall,
  FirewallAction,
  FirewallRule,
  Interface,
  PortRange,
} from '../../../model/network.ts';
import { type Collection, type Item, report } from './collection.ts';
import { cidrAt, idOf, members, portsOf, stateOf } from './values.ts';

const types: Readonly<Record<string, Endpoint['type']>> = {
  Gateway: 'gateway',
  Interface: 'interface',
  GatewayLoadBalancer: 'gatewayLoadBalancer',
};

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html */
export function readEndpoints(
  collection: Collection,
  interfaces: readonly Interface[],
  firewallOf: ReadonlyMap<string, string>,
): Endpoint[] {
  return collection.items('VpcEndpoints').flatMap((item): Endpoint[] => {
    const id = idOf(collection, item, 'VpcEndpointId');
    if (id === null) return [];
    const own = new Set(texts(item.fields.NetworkInterfaceIds));
    for (const device of interfaces) if (device.owner === id) own.add(device.id);
    const subnets = texts(item.fields.SubnetIds);
    const byInterface = interfaces.filter((device) => own.has(device.id)).map(({ subnet }) => subnet);
    const service = textOf(item.fields.ServiceName);
    return [
      {
        kind: 'endpoint',
        id,
        vpc: textOf(item.fields.VpcId),
        type: types[textOf(item.fields.VpcEndpointType) ?? 'Gateway'] ?? 'interface',
        state: stateOf(item.fields.State, 'available'),
        subnets: subnets.length > 0 ? subnets : [...new Set(byInterface)],
        interfaces: [...own],
        service,
        loadBalancers: balancersOfService(collection, service),
        firewall: firewallOf.get(id) ?? null,
      },
    ];
  });
}

// Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointServiceConfigurations.html
function balancersOfService(collection: Collection, name: string | null): readonly string[] | null {
  const known = collection
    .items('ServiceConfigurations')
    .find(
      (item) =>
        item.fields.ServiceName === name || (name ?? '').endsWith(`.${textOf(item.fields.ServiceId) ?? ' '}`),
    );
  return known ? texts(known.fields.NetworkLoadBalancerArns) : null;
}

/**
 * Network firewalls: stateless rules of every group in the order of evaluation, and whether the stateful engine has
 * anything to say.
 * Source: https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_DescribeFirewallPolicy.html
 */
export function readFirewalls(collection: Collection): {
  readonly firewalls: Firewall[];
  readonly firewallOf: ReadonlyMap<string, string>;
} {
  const firewallOf = new Map<string, string>();
  const firewalls = collection.items('Firewall:joined').flatMap((item): Firewall[] => {
    const id = textOf(item.fields.FirewallArn) ?? textOf(item.fields.FirewallName);
    if (id === null) return [];
    for (const zone of Object.values(fields(item.fields.SyncStates))) {
      const endpoint = textOf(fields(fields(zone).Attachment).EndpointId);
      if (endpoint !== null) firewallOf.set(endpoint, id);
    }
    return [readFirewall(collection, id, textOf(item.fields.FirewallPolicyArn))];
  });
  return { firewalls, firewallOf };
}

function readFirewall(collection: Collection, id: string, policyArn: string | null): Firewall {
  const policy = collection
    .items('FirewallPolicy:joined')
    .find((one) => one.fields.FirewallPolicyArn === policyArn);
  if (!policy || policyArn === null) {
    report(collection, 'not-assessed', id, `its policy ${policyArn ?? ''} is not among the documents`);
    return { kind: 'firewall', id, rules: null, defaultAction: 'forward', stateful: 'unknown' };
  }
  const references = members(policy.fields.StatelessRuleGroupReferences)
    .map((one) => ({ arn: textOf(one.ResourceArn), priority: Number(one.Priority ?? 0) }))
    .sort((a, b) => a.priority - b.priority);
  const groups = references.map(({ arn }) => statelessRules(collection, id, arn));
  const hasStateful = members(policy.fields.StatefulRuleGroupReferences).length > 0;
  const dropsByDefault = texts(policy.fields.StatefulDefaultActions).some((action) =>
    action.startsWith('aws:drop'),
  );
  return {
    kind: 'firewall',
    id,
    rules: groups.includes(null) ? null : groups.flatMap((rules) => rules ?? []),
    defaultAction: actionOf(policy.fields.StatelessDefaultActions),
    stateful: hasStateful || dropsByDefault ? 'unknown' : 'pass',
  };
}

function statelessRules(collection: Collection, firewall: string, arn: string | null): FirewallRule[] | null {
  const group = collection.items('RuleGroup:joined').find((one) => one.fields.RuleGroupArn === arn);
  if (!group || arn === null) {
    report(collection, 'not-assessed', firewall, `its rule group ${arn ?? ''} is not among the documents`);
    return null;
  }
  const source = fields(fields(group.fields.RulesSource).StatelessRulesAndCustomActions);
  const rules = members(source.StatelessRules)
    .sort((a, b) => Number(a.Priority ?? 0) - Number(b.Priority ?? 0))
    .map((one) => firewallRule(collection, arn, one));
  return rules.includes(null) ? null : rules.filter((rule) => rule !== null);
}

function firewallRule(collection: Collection, group: string, rule: Item['fields']): FirewallRule | null {
  const definition = fields(rule.RuleDefinition);
  const match = fields(definition.MatchAttributes);
  const sources = blocks(collection, group, match.Sources);
  const destinations = blocks(collection, group, match.Destinations);
  if (sources === null || destinations === null || members(match.TCPFlags).length > 0) {
    report(
      collection,
      'unsupported',
      group,
      `rule ${String(rule.Priority)} matches by more than addresses, ports and protocol`,
    );
    return null;
  }
  return {
    id: `${group} ${String(rule.Priority)}`,
    action: actionOf(definition.Actions),
    protocols: Array.isArray(match.Protocols)
      ? match.Protocols.flatMap((one) => (typeof one === 'number' ? [one] : []))
      : [],
    sources,
    destinations,
    sourcePorts: ranges(match.SourcePorts),
    destinationPorts: ranges(match.DestinationPorts),
  };
}

function actionOf(value: unknown): FirewallAction {
  const actions = texts(value);
  if (actions.includes('aws:pass')) return 'pass';
  return actions.includes('aws:drop') ? 'drop' : 'forward';
}

function blocks(collection: Collection, where: string, value: unknown): Cidr[] | null {
  const found = members(value).map((one) => cidrAt(collection, where, one.AddressDefinition));
  return found.includes(null) ? null : found.filter((cidr) => cidr !== null);
}

function ranges(value: unknown): PortRange[] {
  return members(value).flatMap((one) => portsOf(one.FromPort, one.ToPort) ?? []);
}
