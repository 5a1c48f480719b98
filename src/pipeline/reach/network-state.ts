import { componentTypes, type Exposure, type NetworkState } from '../../model/exposure.ts';

/** What the network lets through to one machine, and the sentence that proves it. */
export type NetworkSummary = { readonly state: NetworkState; readonly evidence: string };

const isFromInternet = ({ edgeType }: Exposure) => edgeType === componentTypes.internetGateway;

/**
 * The state of a machine from everything that stands open on it. A possible way from the internet outweighs a sure one
 * from inside: what is not known never counts as closed.
 */
export function networkStateOf(exposures: readonly Exposure[]): NetworkSummary {
  const sure = exposures.filter(({ verdict }) => verdict === 'reachable');
  const open = sure.find(isFromInternet);
  if (open) return { state: 'internet', evidence: sentence(open) };
  const perhaps = exposures.find((one) => one.verdict === 'may' && isFromInternet(one));
  if (perhaps) return { state: 'unknown', evidence: doubt(perhaps) };
  const [inside] = sure;
  if (inside) return { state: 'inside', evidence: sentence(inside) };
  const [rest] = exposures;
  return rest
    ? { state: 'unknown', evidence: doubt(rest) }
    : { state: 'none', evidence: 'no path from an edge of its network leads to any port of it' };
}

function sentence({ protocol, ports, edge, interface: device, path }: Exposure): string {
  const first = ports[0];
  const port = first ? (first[0] === first[1] ? `${first[0]}` : `${first[0]}-${first[1]}`) : 'any';
  const more = ports.length > 1 ? ` and ${ports.length - 1} more` : '';
  const by = path
    .filter(({ rule, direction }) => rule !== null && direction === 'forward')
    .map(({ componentId }) => componentId);
  return `${protocol} ${port}${more} of ${device} is reachable from ${edge}${by.length > 0 ? ` by ${[...new Set(by)].join(', ')}` : ''}`;
}

function doubt({ edge, interface: device, unknown }: Exposure): string {
  return `${device} may be reachable from ${edge}: not known is ${unknown.join(', ') || 'a part of the way'}`;
}
