import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseAddress, parseCidr } from '../model/address.ts';
import type { Answer, Destination, Exposure, PathStep, Question, Source } from '../model/exposure.ts';
import type { Network } from '../model/network.ts';
import type { Problem } from '../model/problem.ts';
import { answer } from '../pipeline/reach/answer.ts';
import { buildEstate } from '../pipeline/reach/estate/estate.ts';
import { listExposures } from '../pipeline/reach/exposures.ts';
import { readNetwork } from '../plugins/networks/registry.ts';
import { type Command, type CommandInput, exitCode, UsageError } from './command.ts';
import { print, say, table } from './output.ts';

const protocols: Readonly<Record<string, number | null>> = { tcp: 6, udp: 17, icmp: 1, any: null };
const problemsShown = 10;

export const reach: Command = {
  name: 'reach',
  summary: 'Says what of a network can be reached, from where, and by which path.',
  usage: ['--network DIR', '--network DIR --from SOURCE --to DESTINATION [--protocol tcp] [--port N]'],
  options: {
    network: {
      kind: 'value',
      word: 'DIR',
      help: 'directory with the documents of the cloud (AWS describe-* JSON)',
    },
    from: {
      kind: 'value',
      word: 'SOURCE',
      help: 'internet, internet:ADDRESS, cidr:BLOCK, ip:ADDRESS, vpc:ID, subnet:ID, instance:ID or eni:ID',
    },
    to: { kind: 'value', word: 'DESTINATION', help: 'instance:ID, eni:ID or ip:ADDRESS' },
    protocol: { kind: 'value', word: 'NAME', help: 'tcp (default), udp, icmp or any' },
    port: { kind: 'value', word: 'N', help: 'port at the destination; any when not given' },
    format: { kind: 'value', word: 'FORMAT', help: 'table (default) or json' },
  },
  examples: [
    'openinspector reach --network ./network',
    'openinspector reach --network ./network --from internet:203.0.113.9 --to instance:i-0abc --protocol tcp --port 22',
  ],
  async run(input) {
    const directory = input.value('network');
    if (!directory) throw new UsageError("Name the directory with the network's documents: --network DIR");
    if (!(await stat(directory).catch(() => null))?.isDirectory())
      throw new UsageError(`${directory} is not a directory`);
    const { network, problems } = await readNetwork(resolve(directory));
    const from = input.value('from');
    const to = input.value('to');
    if ((from === null) !== (to === null)) throw new UsageError('--from and --to belong together');
    const isJson = input.value('format') === 'json';
    const estate = buildEstate(network);
    if (from !== null && to !== null) {
      const question = questionOf(from, to, input);
      showAnswer(answer(estate, question), problems, isJson);
    } else showExposures(listExposures(estate), network, problems, isJson);
    return exitCode.done;
  },
};

function questionOf(from: string, to: string, input: CommandInput): Question {
  const protocol = input.value('protocol') ?? 'tcp';
  if (!(protocol in protocols))
    throw new UsageError(`protocol '${protocol}' is not one of ${Object.keys(protocols).join(', ')}`);
  const port = input.value('port');
  if (port !== null && (!/^\d{1,5}$/.test(port) || Number(port) > 65_535))
    throw new UsageError(`port '${port}' is not a number up to 65535`);
  return {
    from: sourceOf(from),
    to: destinationOf(to),
    protocol: protocols[protocol] ?? null,
    ports: port === null ? null : [{ from: Number(port), to: Number(port) }],
    sourcePorts: null,
    isOneWay: false,
  };
}

function sourceOf(text: string): Source {
  const [kind = '', id] = apart(text);
  if (kind === 'internet') return { kind: 'internet', address: id === null ? null : addressOf(id) };
  if (id !== null) {
    if (kind === 'ip') return { kind: 'address', address: addressOf(id) };
    if (kind === 'instance') return { kind: 'instance', id };
    if (kind === 'eni') return { kind: 'interface', id };
    if (kind === 'vpc' || kind === 'subnet') return { kind, id, address: null };
    const cidr = kind === 'cidr' ? parseCidr(id) : null;
    if (cidr) return { kind: 'cidr', cidr };
  }
  throw new UsageError(
    `'${text}' is no source like internet:203.0.113.9, cidr:10.0.0.0/8, vpc:vpc-1 or instance:i-1`,
  );
}

function destinationOf(text: string): Destination {
  const [kind = '', id] = apart(text);
  if (id !== null) {
    if (kind === 'ip') return { kind: 'address', address: addressOf(id) };
    if (kind === 'instance') return { kind: 'instance', id };
    if (kind === 'eni') return { kind: 'interface', id };
  }
  throw new UsageError(`'${text}' is no destination like instance:i-1, eni:eni-1 or ip:10.0.0.5`);
}

function apart(text: string): readonly [string, string | null] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, null] : [text.slice(0, colon), text.slice(colon + 1)];
}

function addressOf(text: string): NonNullable<ReturnType<typeof parseAddress>> {
  const address = parseAddress(text);
  if (!address) throw new UsageError(`'${text}' is not an IP address`);
  return address;
}

function showAnswer(found: Answer, problems: readonly Problem[], isJson: boolean): void {
  if (isJson) {
    print(JSON.stringify({ ...found, problems }, null, 1));
    return;
  }
  print(found.verdict === 'may' ? 'MAY BE REACHABLE' : found.verdict.toUpperCase());
  for (const step of found.path) print(`  ${stepText(step)}`);
  if (found.stop) print(`Stops at ${found.stop.componentId} (${found.stop.code}): ${found.stop.explanation}`);
  for (const text of found.unknown) print(`Not known: ${text}`);
  sayProblems(problems);
}

function stepText({ componentId, componentType, rule, direction }: PathStep): string {
  return `${direction === 'reply' ? 'back through' : 'through'} ${componentType} ${componentId}${rule ? ` by ${rule.id ?? 'rule'}: ${rule.text}` : ''}`;
}

function showExposures(
  exposures: readonly Exposure[],
  network: Network,
  problems: readonly Problem[],
  isJson: boolean,
): void {
  if (isJson) {
    print(JSON.stringify({ exposures, problems }, null, 1));
    return;
  }
  const rows = exposures.map((item) => [
    item.verdict,
    item.instance,
    item.publicAddress ?? item.address,
    `${item.protocol} ${item.ports.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`)).join(',')}`,
    item.edge,
    item.sources.map(([low, high]) => (low === high ? low : `${low}-${high}`)).join(' '),
  ]);
  const columns = [
    { title: 'VERDICT', min: 9, share: 0 },
    { title: 'INSTANCE', min: 12, share: 1 },
    { title: 'ADDRESS', min: 10, share: 1 },
    { title: 'PORTS', min: 10, share: 1 },
    { title: 'EDGE', min: 12, share: 1 },
    { title: 'SOURCES', min: 14, share: 1 },
  ];
  print(
    rows.length > 0
      ? table(columns, rows)
      : `Nothing of ${network.instance.size} instances can be reached from outside.`,
  );
  sayProblems(problems);
}

function sayProblems(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  say(`The network is described in part (${problems.length}); where it matters the answer is 'may':`);
  for (const { where, why } of problems.slice(0, problemsShown)) say(`  ${where}: ${why}`);
}
