import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Answer, Exposure, PathStep } from '../model/exposure.ts';
import type { Network } from '../model/network.ts';
import type { Problem } from '../model/problem.ts';
import { answer } from '../pipeline/reach/answer.ts';
import { type Counterfactual, smallestClosing } from '../pipeline/reach/close.ts';
import { type Edit, editForms, formatEdit, parseEdit } from '../pipeline/reach/edits.ts';
import { buildEstate, type Estate } from '../pipeline/reach/estate/estate.ts';
import { listExposures } from '../pipeline/reach/exposures.ts';
import { missingIn } from '../pipeline/reach/missing.ts';
import { smallestOpening } from '../pipeline/reach/open.ts';
import { destinationForms, parseQuestion, sourceForms } from '../pipeline/reach/question-text.ts';
import { type WhatIf, whatIf, withEdits } from '../pipeline/reach/what-if.ts';
import { readNetwork } from '../plugins/networks/registry.ts';
import { type Command, type CommandInput, exitCode, UsageError } from './command.ts';
import { print, say, table } from './output.ts';

const problemsShown = 10;

export const reach: Command = {
  name: 'reach',
  summary: 'Says what of a network can be reached, from where, and by which path.',
  usage: [
    '--network DIR [--changes]',
    "--network DIR --what-if 'EDIT' [--what-if 'EDIT' ...]",
    '--network DIR --from SOURCE --to DESTINATION [--protocol tcp] [--port N] [--changes]',
  ],
  options: {
    network: {
      kind: 'value',
      word: 'DIR',
      help: 'directory with the documents of the cloud (AWS describe-* JSON)',
    },
    from: { kind: 'value', word: 'SOURCE', help: sourceForms.join(', ') },
    to: { kind: 'value', word: 'DESTINATION', help: destinationForms.join(', ') },
    protocol: { kind: 'value', word: 'NAME', help: 'tcp (default), udp, icmp, icmpv6, a number, or any' },
    port: {
      kind: 'value',
      word: 'PORTS',
      help: 'port at the destination, as 22, 20-25 or 22,80; any when not given. For icmp the type, as 8 or 3/4',
    },
    'source-port': { kind: 'value', word: 'PORTS', help: 'port of the client; 1024-65535 when not given' },
    'one-way': { kind: 'flag', help: 'ask only for the way there, not for the reply' },
    'what-if': {
      kind: 'values',
      word: 'EDIT',
      help: `try an edit, and show what vanishes and appears: ${editForms.join('; ')}`,
    },
    changes: {
      kind: 'flag',
      help: 'show the smallest change that closes what is open, or opens what is closed',
    },
    format: { kind: 'value', word: 'FORMAT', help: 'table (default) or json' },
  },
  examples: [
    'openinspector reach --network ./network',
    'openinspector reach --network ./network --from internet:203.0.113.9 --to instance:i-0abc --protocol tcp --port 22',
    "openinspector reach --network ./network --what-if 'revoke sg-0abc tcp 22 0.0.0.0/0'",
  ],
  async run(input) {
    const format = input.value('format') ?? 'table';
    if (format !== 'table' && format !== 'json')
      throw new UsageError(`format '${format}' is not one of table, json`);
    const { network, problems } = await readNetwork(await directoryOf(input));
    const run = { input, estate: buildEstate(network), network, problems, isJson: format === 'json' };
    const edits = input.values('what-if').map(editOf);
    if (input.value('from') !== null || input.value('to') !== null) runQuestion(run, edits);
    else if (edits.length > 0) runWhatIf(run, edits);
    else runList(run);
    // What could not be read may hold anything; what is missing is already in the answers.
    const isIncomplete = problems.some(({ kind }) => kind !== 'not-assessed');
    return isIncomplete ? exitCode.incomplete : exitCode.done;
  },
};

type Run = {
  readonly input: CommandInput;
  readonly estate: Estate;
  readonly network: Network;
  readonly problems: readonly Problem[];
  readonly isJson: boolean;
};

async function directoryOf(input: CommandInput): Promise<string> {
  const directory = input.value('network');
  if (!directory) throw new UsageError("Name the directory with the network's documents: --network DIR");
  if (!(await stat(directory).catch(() => null))?.isDirectory())
    throw new UsageError(`${directory} is not a directory`);
  if (input.positionals.length > 0)
    throw new UsageError(`'${input.positionals[0]}' is one word too many; put an edit or a place in quotes`);
  return resolve(directory);
}

function editOf(text: string): Edit {
  const edit = parseEdit(text);
  if (typeof edit === 'string') throw new UsageError(`cannot read the edit '${text}': ${edit}`);
  return edit;
}

function runQuestion({ input, estate, problems, isJson }: Run, edits: readonly Edit[]): void {
  const question = parseQuestion({
    from: input.value('from'),
    to: input.value('to'),
    protocol: input.value('protocol'),
    port: input.value('port'),
    sourcePort: input.value('source-port'),
    isOneWay: input.flag('one-way'),
  });
  if (typeof question === 'string') throw new UsageError(question);
  const missing = missingIn(estate.compiled, question);
  if (missing !== null) throw new UsageError(missing);
  const tried = withEdits(estate, edits, () => {
    const found = answer(estate, question);
    const isClosed = input.flag('changes') && found.verdict === 'unreachable';
    return { found, change: isClosed ? smallestOpening(estate, question) : undefined };
  });
  if (!('value' in tried)) throw new UsageError(tried.refused.join('\n'));
  const { found, change } = tried.value;
  if (isJson) {
    print(JSON.stringify({ ...found, ...changeJson(change), problems }, null, 1));
    return;
  }
  showAnswer(found);
  if (change !== undefined) print(openingText(change));
  sayProblems(problems);
}

function runWhatIf({ estate, problems, isJson }: Run, edits: readonly Edit[]): void {
  const result: WhatIf = whatIf(estate, edits);
  if (result.refused.length > 0) throw new UsageError(result.refused.join('\n'));
  const { vanished, appeared } = result;
  if (isJson) {
    print(JSON.stringify({ edits: edits.map(formatEdit), vanished, appeared, problems }, null, 1));
    return;
  }
  for (const [word, exposures] of [
    ['vanishes', vanished],
    ['appears', appeared],
  ] as const) {
    if (exposures.length === 0) print(`Nothing ${word}.`);
    else print(`What ${word}:\n${exposureTable(exposures)}`);
  }
  sayProblems(problems);
}

function runList({ input, estate, network, problems, isJson }: Run): void {
  const exposures = listExposures(estate);
  const changes = input.flag('changes') ? exposures.map((one) => smallestClosing(estate, one)) : null;
  if (isJson) {
    const all = exposures.map((one, at) => ({ ...one, ...(changes ? changeJson(changes[at] ?? null) : {}) }));
    print(JSON.stringify({ exposures: all, problems }, null, 1));
    return;
  }
  if (exposures.length === 0)
    print(`Nothing of ${network.instance.size} instances can be reached from outside.`);
  else print(exposureTable(exposures));
  changes?.forEach((change, at) => {
    const one = exposures[at];
    if (one)
      print(`${one.instance} ${one.protocol} ${portsText(one)} from ${one.edge}: ${closingText(change)}`);
  });
  sayProblems(problems);
}

function changeJson(change: Counterfactual | null | undefined) {
  if (change === undefined) return {};
  return { change: change && { edits: change.edits.map(formatEdit), alsoChanged: change.alsoChanged } };
}

function openingText(change: Counterfactual | null): string {
  if (change === null) return 'No edit of rules, routes, addresses or states opens it.';
  return `Opens with: ${change.edits.map(formatEdit).join('; ')}${besidesText(change)}`;
}

function closingText(change: Counterfactual | null): string {
  if (change === null) return 'no single kind of edit closes it';
  return `closes with: ${change.edits.map(formatEdit).join('; ')}${besidesText(change)}`;
}

function besidesText({ alsoChanged }: Counterfactual): string {
  return alsoChanged === 0
    ? ''
    : ` (changes ${alsoChanged} other exposure${alsoChanged === 1 ? '' : 's'} too)`;
}

function showAnswer(found: Answer): void {
  print(found.verdict === 'may' ? 'MAY BE REACHABLE' : found.verdict.toUpperCase());
  for (const step of found.path) print(`  ${stepText(step)}`);
  if (found.stop) print(`Stops at ${found.stop.componentId} (${found.stop.code}): ${found.stop.explanation}`);
  for (const other of found.blockers.slice(1)) print(`Behind it: ${other.explanation}`);
  if (found.inspectedBy.length > 0)
    print(`Inspected by ${found.inspectedBy.join(', ')}, which may still drop it.`);
  for (const text of found.unknown) print(`Not known: ${text}`);
}

function stepText({ componentId, componentType, rule, direction }: PathStep): string {
  const way = direction === 'reply' ? 'back through' : 'through';
  const id = rule?.id ? ` ${rule.id}:` : '';
  return `${way} ${componentType} ${componentId}${rule ? ` by${id} ${rule.text}` : ''}`;
}

function exposureTable(exposures: readonly Exposure[]): string {
  const rows = exposures.map((item) => [
    item.verdict,
    item.instance,
    item.publicAddress ?? item.address,
    `${item.protocol} ${portsText(item)}`,
    item.via === null ? item.edge : `${item.edge} by ${item.via.split('/').slice(-2)[0] ?? item.via}`,
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
  return table(columns, rows);
}

function portsText({ ports }: Exposure): string {
  return ports.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`)).join(',');
}

function sayProblems(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  say(`The network is described in part (${problems.length}); where it matters the answer is 'may':`);
  for (const { where, why } of problems.slice(0, problemsShown)) say(`  ${where}: ${why}`);
}
