import type { NetworkState } from '../../model/exposure.ts';
import { isOutward, type ListeningSocket } from '../../model/listening.ts';
import { bod2604, bodOutcomes } from '../../pipeline/score/bod-26-04.ts';
import type { Decision } from '../../pipeline/score/decision.ts';
import { type Circumstances, factsOf, untold } from '../../pipeline/score/facts.ts';
import { daysSurvived } from '../../pipeline/score/lev.ts';
import { prioritise, priorityStart } from '../../pipeline/score/priority.ts';
import { type HumanImpact, humanImpacts, ssvc } from '../../pipeline/score/ssvc.ts';
import { type AdverseImpact, type VdrLevel, vdr, vdrLevels } from '../../pipeline/score/vdr.ts';
import type { FindingRow } from '../../store/finding-list.ts';
import type { RiskContext } from '../../store/risk-context.ts';

/** What only the owner of a resource can say; what is not said is assumed, and the answer says so. */
export type OwnersWord = {
  readonly humanImpact: HumanImpact | null;
  readonly adverseImpact: AdverseImpact | null;
  readonly level: VdrLevel;
};

/** Reads the owner's word from a query; a sentence when a value is not one of its words. */
export function ownersWord(query: Readonly<Record<string, string | undefined>>): OwnersWord | string {
  const { humanImpact, adverseImpact, level } = query;
  const human = humanImpacts.find((one) => one === humanImpact) ?? null;
  if (humanImpact !== undefined && human === null)
    return `humanImpact '${humanImpact}' is not one of ${humanImpacts.join(', ')}`;
  if (adverseImpact !== undefined && !/^[1-5]$/.test(adverseImpact))
    return `adverseImpact '${adverseImpact}' is not a number from 1 to 5`;
  const known = vdrLevels.find((one) => one === (level ?? 'moderate'));
  if (!known) return `level '${level}' is not one of ${vdrLevels.join(', ')}`;
  const adverse = adverseImpact === undefined ? null : (Number(adverseImpact) as AdverseImpact);
  return { humanImpact: human, adverseImpact: adverse, level: known };
}

/** Priority and deadlines of one package finding, from one set of facts, with the evidence of each. */
export function priorityShape(row: FindingRow, risk: RiskContext, word: OwnersWord, now: number): object {
  const cvss = row.packages.find(({ rating }) => rating.cvss !== null)?.rating.cvss ?? null;
  const facts = factsOf(row.vulnerability, cvss, circumstances(risk, row, now));
  const directive = bod2604(facts);
  const { days, words } = bodOutcomes[directive.outcome];
  const response = vdr(facts, word.level, word.adverseImpact);
  const mitigate = response.outcome.mitigateWithinDays;
  const { vector, ...rest } = facts;
  return {
    finding: row.arn,
    vulnerabilityId: row.vulnerabilityId,
    resource: row.resource.id,
    priority: { start: priorityStart, ...prioritise(facts) },
    bod2604: { ...named(directive), words, dueAt: dueAt(row.firstObservedAt, days) },
    ssvc: named(ssvc(facts, word.humanImpact)),
    vdr: { level: word.level, ...named(response), dueAt: dueAt(row.firstObservedAt, mitigate) },
    facts: rest,
  };
}

function named<T>({ outcome, inputs, assumed }: Decision<T>) {
  return { outcome, inputs, assumed };
}

function dueAt(from: number, days: number | null): string | null {
  return days === null ? null : new Date(from + days * 86_400_000).toISOString();
}

function circumstances(
  { network, lev, listening }: RiskContext,
  row: FindingRow,
  now: number,
): Circumstances {
  return {
    use: useOf(row, listening),
    network: network ? { value: network.state as NetworkState, evidence: network.evidence } : untold.network,
    lev: lev
      ? {
          value:
            1 -
            Math.exp(lev.survival + daysSurvived(lev.probability, Math.max(0, now / 86_400_000 - lev.day))),
          evidence: `LEV from the predictions since ${new Date(lev.since * 86_400_000).toISOString().slice(0, 10)}`,
        }
      : untold.lev,
  };
}

/**
 * Whether something that listens has the vulnerable package loaded. Only system packages are known by their files, so
 * of any other nobody can tell.
 */
function useOf(row: FindingRow, listening: readonly ListeningSocket[] | null): Circumstances['use'] {
  const names = row.packages.map((item) => item.package);
  if (listening === null || names.length === 0) return untold.use;
  const isNamed = ({ packages }: ListeningSocket) => names.some(({ name }) => packages.includes(name));
  const socket = listening.find((one) => isOutward(one) && isNamed(one));
  if (socket) {
    const { process, protocol, address, port } = socket;
    return {
      value: 'listening',
      evidence: `${process ?? 'a process'} listens on ${protocol} ${address}:${port} with it`,
    };
  }
  const isSeen = listening.every(({ program }) => program !== null);
  const isSystem = names.every(({ ecosystem: id }) => id === 'deb');
  if (!isSeen || !isSystem) return { value: null, evidence: 'not every process that listens was to be seen' };
  return { value: 'installed', evidence: 'no process that listens has it loaded' };
}
