import { type Fields, fields, numberOf, textOf, texts } from '../../../lib/fields.ts';
import { parseAddress } from '../../../model/address.ts';
import type { Listener, LoadBalancer, Target, TargetGroup } from '../../../model/network.ts';
import { type Collection, type Item, report } from './collection.ts';
import { attributesOf, idOf, members, stateOf } from './values.ts';

const types: Readonly<Record<string, LoadBalancer['type']>> = {
  application: 'application',
  network: 'network',
  gateway: 'gateway',
};

/** Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html */
export function readBalancers(collection: Collection): LoadBalancer[] {
  return collection.items('LoadBalancers').flatMap((item): LoadBalancer[] => {
    const id = idOf(collection, item, 'LoadBalancerArn');
    if (id === null) return [];
    const type = types[textOf(item.fields.Type) ?? ''] ?? 'application';
    const attributes = attributesFor(collection, 'LoadBalancerAttributes', 'LoadBalancerArn', id);
    const cross = attributes?.['load_balancing.cross_zone.enabled'];
    return [
      {
        kind: 'loadBalancer',
        id,
        name: textOf(item.fields.LoadBalancerName) ?? id,
        type,
        vpc: textOf(item.fields.VpcId),
        state: stateOf(fields(item.fields.State).Code, 'active', 'active_impaired', 'provisioning'),
        groups: texts(item.fields.SecurityGroups),
        zones: members(item.fields.AvailabilityZones).flatMap((zone) => textOf(zone.ZoneName) ?? []),
        // Application load balancers always cross zones; network ones only where it is switched on.
        isCrossZone: type === 'application' ? true : cross === 'true',
        listeners: listenersOf(collection, id),
      },
    ];
  });
}

function listenersOf(collection: Collection, balancer: string): Listener[] {
  const bare = collection.items('Listeners').map((item) => item.fields);
  const wrapped = collection.items('LoadBalancerListeners').flatMap((item) => members(item.fields.Listeners));
  return [...bare, ...wrapped]
    .filter((one) => one.LoadBalancerArn === balancer)
    .flatMap((one) => {
      const id = textOf(one.ListenerArn);
      const port = numberOf(one.Port);
      if (id === null || port === null) return [];
      const actions = [...members(one.DefaultActions), ...ruleActions(collection, id)];
      const targetGroups = [...new Set(actions.flatMap(forwardedTo))];
      return [{ id, port, protocols: protocolsOf(textOf(one.Protocol)), targetGroups }];
    });
}

// The rule's ARN names its listener: …:listener-rule/app/name/1/2/3 belongs to …:listener/app/name/1/2.
function ruleActions(collection: Collection, listener: string): Fields[] {
  const prefix = `${listener.replace(':listener/', ':listener-rule/')}/`;
  const bare = collection.items('Rules').map((item) => item.fields);
  const wrapped = collection.items('LoadBalancerListenerRules').flatMap((item) => members(item.fields.Rules));
  return [...bare, ...wrapped]
    .filter((rule) => (textOf(rule.RuleArn) ?? '').startsWith(prefix))
    .flatMap((rule) => members(rule.Actions));
}

function forwardedTo(action: Fields): string[] {
  if (action.Type !== undefined && action.Type !== 'forward') return [];
  const several = members(fields(action.ForwardConfig).TargetGroups);
  return [action.TargetGroupArn, ...several.map((one) => one.TargetGroupArn)].flatMap(
    (arn) => textOf(arn) ?? [],
  );
}

function protocolsOf(protocol: string | null): number[] {
  if (protocol === 'UDP' || protocol === 'QUIC') return [17];
  return protocol === 'TCP_UDP' || protocol === 'TCP_QUIC' ? [6, 17] : [6];
}

/** Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html */
export function readTargetGroups(collection: Collection): TargetGroup[] {
  return collection.items('TargetGroups').flatMap((item): TargetGroup[] => {
    const id = idOf(collection, item, 'TargetGroupArn');
    if (id === null) return [];
    const targetType = targetTypes[textOf(item.fields.TargetType) ?? 'instance'] ?? 'other';
    const attributes = attributesFor(collection, 'TargetGroupAttributes', 'TargetGroupArn', id) ?? {};
    const cross = attributes['load_balancing.cross_zone.enabled'];
    return [
      {
        kind: 'targetGroup',
        id,
        name: textOf(item.fields.TargetGroupName) ?? id,
        vpc: textOf(item.fields.VpcId),
        targetType,
        family: item.fields.IpAddressType === 'ipv6' ? 6 : 4,
        preservesClient: preservesClient(textOf(item.fields.Protocol), targetType, attributes),
        isCrossZone: cross === 'true' ? true : cross === 'false' ? false : null,
        targets: targetsOf(
          collection,
          id,
          numberOf(item.fields.Port),
          texts(item.fields.LoadBalancerArns).length > 0,
        ),
      },
    ];
  });
}

const targetTypes: Readonly<Record<string, TargetGroup['targetType']>> = {
  instance: 'instance',
  ip: 'ip',
  alb: 'loadBalancer',
};

// Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#client-ip-preservation
function preservesClient(
  protocol: string | null,
  type: TargetGroup['targetType'],
  attributes: Readonly<Record<string, string>>,
): boolean {
  if (protocol === 'UDP' || protocol === 'TCP_UDP' || protocol === 'QUIC' || protocol === 'TCP_QUIC')
    return true;
  if (type === 'loadBalancer') return true;
  const told = attributes['preserve_client_ip.enabled'];
  return told === undefined ? type === 'instance' : told === 'true';
}

// Unhealthy targets may recover, so they count as well.
function targetsOf(
  collection: Collection,
  group: string,
  port: number | null,
  isUsed: boolean,
): Target[] | null {
  const keys = ['LoadBalancerTargetHealth', 'TargetHealth', 'TargetHealths'];
  const told = keys
    .flatMap((key) => collection.items(key))
    .filter((item) => item.fields.TargetGroupArn === group);
  if (told.length === 0) {
    if (isUsed)
      report(
        collection,
        'not-assessed',
        group,
        'its targets are not among the documents (describe-target-health)',
      );
    return null;
  }
  return told
    .flatMap((item) => members(item.fields.TargetHealthDescriptions))
    .flatMap((one) => {
      const { Id, Port } = fields(one.Target);
      const id = textOf(Id);
      return id === null ? [] : [{ id, address: parseAddress(id), port: numberOf(Port) ?? port ?? 0 }];
    });
}

/**
 * Classic load balancers. Each listener has its port of all instances as a target group of its own.
 * Source: https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancers.html
 */
export function readClassicBalancers(collection: Collection): {
  readonly balancers: LoadBalancer[];
  readonly groups: TargetGroup[];
} {
  const balancers: LoadBalancer[] = [];
  const groups: TargetGroup[] = [];
  for (const item of collection.items('LoadBalancerDescriptions')) {
    const name = idOf(collection, item, 'LoadBalancerName');
    if (name === null) continue;
    const listeners = members(item.fields.ListenerDescriptions).flatMap((one) =>
      classicListener(name, fields(one.Listener), item, groups),
    );
    const attributes = fields(
      collection.items('LoadBalancerAttributes').find((one) => one.fields.LoadBalancerName === name)?.fields,
    );
    const cross = fields(
      fields(attributes.LoadBalancerAttributes ?? attributes).CrossZoneLoadBalancing,
    ).Enabled;
    balancers.push({
      kind: 'loadBalancer',
      id: name,
      name,
      type: 'classic',
      vpc: textOf(item.fields.VPCId),
      state: 'up',
      groups: texts(item.fields.SecurityGroups),
      zones: texts(item.fields.AvailabilityZones),
      isCrossZone: typeof cross === 'boolean' ? cross : null,
      listeners,
    });
  }
  return { balancers, groups };
}

function classicListener(name: string, listener: Fields, item: Item, groups: TargetGroup[]): Listener[] {
  const port = numberOf(listener.LoadBalancerPort);
  const target = numberOf(listener.InstancePort);
  if (port === null || target === null) return [];
  const id = `${name} listener ${port}`;
  groups.push({
    kind: 'targetGroup',
    id,
    name: id,
    vpc: textOf(item.fields.VPCId),
    targetType: 'instance',
    family: 4,
    preservesClient: false,
    isCrossZone: null,
    targets: members(item.fields.Instances).flatMap((one) => {
      const instance = textOf(one.InstanceId);
      return instance === null ? [] : [{ id: instance, address: null, port: target }];
    }),
  });
  return [{ id, port, protocols: [6], targetGroups: [id] }];
}

function attributesFor(
  collection: Collection,
  key: string,
  idKey: string,
  id: string,
): Readonly<Record<string, string>> | null {
  const item = collection.items(key).find((one) => one.fields[idKey] === id);
  return item ? attributesOf(item.fields.Attributes) : null;
}
