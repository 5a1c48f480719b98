import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Intelligence } from '../src/intel/contract.ts';
import { openIntelligence } from '../src/intel/open.ts';
import { sharedPath, sharedReason } from '../testkit/shared.ts';
import type { CaseSet } from './quality/case.ts';
import { type Outcome, runCase } from './quality/compare.ts';
import { debianChangelog } from './quality/debian-changelog.ts';
import { baselineRevision, judgeRun, type SetOutcome, writeBaseline } from './quality/gate.ts';
import { grypeMatcher } from './quality/grype-matcher.ts';
import { osvApi } from './quality/osv-api.ts';
import { printGroups, printSets, type Row } from './quality/tables.ts';
import { trivyCompare } from './quality/trivy-compare.ts';
import { trivyDetector } from './quality/trivy-detector.ts';
import { trivyIntegration } from './quality/trivy-integration.ts';
import { vml } from './quality/vml.ts';

// How well we match, held against what others know to be true. `--intel DIR` adds the sets that need an intelligence
// database, `--write` makes the outcome the baseline, `--cases` lists every case, `--set NAME` runs one set.
// Exits 1 when it became worse than the baseline or a disagreement is not explained in quality/differences.json.

const { values } = parseArgs({
  options: {
    intel: { type: 'string' },
    set: { type: 'string' },
    write: { type: 'boolean', default: false },
    cases: { type: 'boolean', default: false },
  },
});

const root = sharedPath('fixtures', 'ground-truth');
if (root === null) console.log(`quality: nothing compared, ${sharedReason}`);
else process.exitCode = (await compareAll(root)) ? 0 : 1;

async function compareAll(folder: string): Promise<boolean> {
  const intelligence = values.intel === undefined ? null : openIntelligence(values.intel);
  printRevision(intelligence?.meta.revision ?? null);
  const sets = readSets(folder, intelligence).filter(
    ({ id }) => values.set === undefined || values.set === id,
  );
  const rows: Row[] = [];
  const ran: SetOutcome[] = [];
  for (const set of sets) {
    const outcomes = new Map<string, Outcome>();
    for (const item of set.cases) {
      const outcome = await runCase(item);
      outcomes.set(item.id, outcome);
      rows.push({ set: set.id, item, outcome });
    }
    ran.push({ set: set.id, outcomes });
  }
  const { failures, classes, settled } = judgeRun(ran);
  printSets(sets, rows, values.cases);
  printGroups(rows, settled);
  printSkipped(sets);
  if (values.write) writeBaseline(ran, intelligence?.meta.revision ?? null);
  const explained = [...classes].map(([name, count]) => `${name} ${count}`).join(', ');
  console.log(`\nexplained disagreements (quality/differences.json): ${explained || 'none'}`);
  for (const failure of failures) console.log(`FAILED ${failure}`);
  console.log(failures.length === 0 ? 'quality: passed' : `quality: ${failures.length} failures`);
  return failures.length === 0;
}

function printRevision(revision: string | null): void {
  if (revision === null) {
    console.log(
      'vml, osv-api and debian-changelog are left out: they need --intel DIR, an intelligence directory\n',
    );
    return;
  }
  const before = baselineRevision();
  const note = before === revision ? '' : `; the baseline was made with ${before}, whose data may differ`;
  console.log(`intelligence revision ${revision}${note}\n`);
}

function readSets(folder: string, intelligence: Intelligence | null): readonly CaseSet[] {
  const closed = {
    'trivy-integration': trivyIntegration,
    'trivy-detector': trivyDetector,
    'trivy-compare': trivyCompare,
    'grype-matcher': grypeMatcher,
  };
  const open = { vml, 'osv-api': osvApi, 'debian-changelog': debianChangelog };
  return [
    ...Object.entries(closed).map(([name, read]) => read(join(folder, name))),
    ...Object.entries(open).flatMap(([name, read]) =>
      intelligence === null ? [] : [read(join(folder, name), intelligence)],
    ),
  ];
}

function printSkipped(sets: readonly CaseSet[]): void {
  for (const { id, skipped } of sets) {
    const reasons = new Map<string, number>();
    for (const { id: label, why } of skipped) {
      const count = Number(/: (\d+) labels$/.exec(label)?.[1] ?? 1);
      reasons.set(why, (reasons.get(why) ?? 0) + count);
    }
    for (const [why, count] of reasons) console.log(`${id}: ${count} not compared: ${why}`);
  }
}
