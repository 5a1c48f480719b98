import { defaultLimits } from '../lib/limits.ts';
import { openReaders } from '../pipeline/collect/readers.ts';
import type { ExplainedPackage, Explanation } from '../pipeline/match/explain.ts';
import { explain as explainInventory } from '../pipeline/match/explain.ts';
import { explainVex, type VexExplanation, vexReason } from '../pipeline/match/explain-vex.ts';
import type { VexVerdict } from '../pipeline/match/vex.ts';
import { readVexDocuments, type VexDocuments } from '../plugins/vex/documents.ts';
import { type Command, exitCode, UsageError } from './command.ts';
import { openCurrentIntelligence } from './intelligence.ts';
import { colour, print } from './output.ts';
import { findService } from './service-client.ts';
import { readSettings, settingOptions } from './settings.ts';
import { collectReference } from './work.ts';

export const explain: Command = {
  name: 'explain',
  summary: 'Says why a vulnerability is, or is not, found in a resource, with the derivation.',
  usage: ['[options] VULNERABILITY RESOURCE'],
  options: {
    format: { kind: 'value', word: 'FORMAT', help: 'text (default) or json' },
    vex: {
      kind: 'values',
      word: 'FILE',
      help: 'a VEX document or a directory of them; may be given several times',
    },
    ...settingOptions('home', 'intel-directory'),
  },
  examples: [
    'openinspector explain CVE-2024-3094 host',
    'openinspector explain CVE-2021-44228 oci-layout:./image',
  ],
  async run(input) {
    const [vulnerability, reference] = input.positionals;
    if (!vulnerability || !reference || input.positionals.length > 2) {
      throw new UsageError("Name a vulnerability and a resource.\nTry 'openinspector explain --help'.");
    }
    const settings = readSettings(input.value);
    const explanations: { name: string; explanation: Explanation | VexExplanation }[] = [];
    const documents = input.values('vex').length === 0 ? null : await readVexDocuments(input.values('vex'));
    // A resource that the running service knows is answered from what it recorded; anything else is scanned now.
    // What documents say of it is held against what is there now.
    const service = documents === null ? await findService(settings) : null;
    const known = service ? await service.explain(vulnerability, reference) : null;
    if (known) explanations.push(known);
    else {
      const intelligence = await openCurrentIntelligence(settings.intelDirectory);
      const readers = openReaders(defaultLimits, 1);
      try {
        const { collected } = await collectReference(reference, settings, readers);
        for (const { resource, inventory } of collected) {
          const displayId = (id: string) => intelligence.displayId(id);
          const plain = explainInventory(vulnerability, inventory, intelligence, (id) =>
            intelligence.keysOf(id),
          );
          const explanation =
            documents === null
              ? plain
              : explainVex({ ...plain, gaps: [...plain.gaps, ...gapsOf(documents)] }, documents.statements, {
                  resource,
                  inventory,
                  displayId,
                });
          explanations.push({ name: resource.name, explanation });
        }
      } finally {
        readers.close();
        intelligence.close();
      }
    }
    if (input.value('format') === 'json') {
      const documents = explanations.map(({ name, explanation }) => ({ resource: name, ...explanation }));
      print(JSON.stringify(documents.length === 1 ? documents[0] : documents, null, 1));
    } else
      print(explanations.map(({ name, explanation }) => explanationText(name, explanation)).join('\n\n'));
    return exitCode.done;
  },
};

function gapsOf({ problems }: VexDocuments): readonly string[] {
  return problems.map(({ where, why }) => `${where}: ${why}`);
}

const answers = {
  affected: 'AFFECTED',
  'not-affected': 'NOT AFFECTED',
  absent: 'NOT PRESENT',
  'cannot-say': 'CANNOT SAY',
} as const;
const entriesShown = 20;

/** An explanation for people. */
export function explanationText(name: string, explanation: Explanation | VexExplanation): string {
  const lines = [
    colour(`${explanation.vulnerability} in ${name}: ${answers[explanation.answer]}`, 'bold'),
    explanation.reason,
  ];
  if (explanation.aliases.length > 0)
    lines.push(`Also known as ${explanation.aliases.slice(0, 8).join(', ')}`);
  const packages: readonly (ExplainedPackage & { readonly vex?: VexVerdict | null })[] = explanation.packages;
  for (const item of packages.slice(0, entriesShown)) {
    const { proof, feed, advisory, fixedVersion, result } = item.verdict;
    lines.push('', `${item.purl}`);
    for (const { path, layer, line } of item.evidence.slice(0, 5)) {
      lines.push(
        `  evidence    ${path}${line ? `:${line}` : ''}${layer ? ` (layer ${layer.slice(0, 19)})` : ''}`,
      );
    }
    lines.push(`  looked up   ${proof.key.stream} ${proof.key.name}, version ${proof.version}`);
    lines.push(
      `  advisory    ${feed}: ${proof.record}${advisory && advisory !== proof.record ? ` (${advisory})` : ''}`,
    );
    for (const { left, op, right, holds } of proof.comparisons.slice(0, 8)) {
      lines.push(
        `  compared    ${left} ${op} ${right} by ${proof.scheme} rules: ${holds === null ? 'cannot be told' : holds}`,
      );
    }
    lines.push(`  verdict     ${result}: ${proof.reason}${fixedVersion ? `; fixed in ${fixedVersion}` : ''}`);
    if (item.fix?.command) lines.push(`  to mend     ${item.fix.command}`);
    for (const text of item.fix?.notes ?? []) lines.push(`              ${text}`);
    if (item.vex) lines.push(...vexLines(item.vex));
    if (item.setAside) lines.push(`  not reported because ${item.setAside}`);
  }
  if (explanation.packages.length > entriesShown)
    lines.push(`… and ${explanation.packages.length - entriesShown} more packages`);
  if (explanation.packages.length === 0 && explanation.keys.length > 0) {
    lines.push('', 'Advisories of it name:');
    for (const { stream, name: packageName } of explanation.keys.slice(0, 10))
      lines.push(`  ${stream} ${packageName}`);
    if (explanation.keys.length > 10) lines.push(`  … and ${explanation.keys.length - 10} more`);
  }
  if (explanation.gaps.length > 0) {
    lines.push('', 'What could not be judged:');
    for (const gap of explanation.gaps.slice(0, 10)) lines.push(`  ${gap}`);
  }
  lines.push('', `Intelligence revision ${explanation.revision}`);
  return lines.join('\n');
}

function vexLines(vex: VexVerdict): readonly string[] {
  const others = vex.overrules.map(
    ({ status, document, statement, why }) =>
      `              against ${document} (${statement}), ${why}: ${status}`,
  );
  return [`  VEX         ${vexReason(vex)}`, ...others];
}
