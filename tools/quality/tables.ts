import { textTable } from '../../bench/measure.ts';
import type { Case, CaseSet } from './case.ts';
import { type Counts, countOf, f1, type Outcome, precision, recall, sumOf } from './compare.ts';

/** One case that was run. */
export type Row = { readonly set: string; readonly item: Case; readonly outcome: Outcome };

const columns = ['cases', 'TP', 'FP', 'FN', 'precision', 'recall', 'F1'];

/** Counts of each set and, where asked for, of each of its cases. */
export function printSets(sets: readonly CaseSet[], rows: readonly Row[], areCasesShown: boolean): void {
  const table = [['set', ...columns]];
  for (const { id } of sets) {
    const own = rows.filter(({ set }) => set === id);
    table.push(line(id, own));
    if (areCasesShown) for (const row of own) table.push(line(`  ${row.item.id}`, [row]));
  }
  table.push(line('all', rows));
  console.log(textTable(table));
}

/**
 * Counts of each distribution and ecosystem over all sets. `settled` has what is left of a case without the
 * disagreements that are the data's or the labels'.
 */
export function printGroups(rows: readonly Row[], settled: ReadonlyMap<Outcome, Counts>): void {
  for (const kind of ['distribution', 'language'] as const) {
    const own = rows.filter(({ item }) => item.kind === kind);
    const table = [[kind, ...columns]];
    for (const group of [...new Set(own.map(({ item }) => item.group))].sort()) {
      table.push(
        line(
          group,
          own.filter(({ item }) => item.group === group),
        ),
      );
    }
    table.push(line(`every ${kind}`, own));
    const left = own.map(({ outcome }) => settled.get(outcome) ?? countOf([outcome]));
    table.push(countLine("  less what is the data's or the labels'", own.length, sumOf(left)));
    table.push(countLine('  by vulnerability', own.length, sumOf(own.map(({ outcome }) => outcome.flaws))));
    console.log(`\n${textTable(table)}`);
  }
  console.log();
}

function line(name: string, rows: readonly Row[]): string[] {
  return countLine(name, rows.length, countOf(rows.map(({ outcome }) => outcome)));
}

function countLine(name: string, cases: number, counts: Counts): string[] {
  const ratios = [precision(counts), recall(counts), f1(counts)].map((value) => value.toFixed(3));
  const { truePositives, falsePositives, falseNegatives } = counts;
  return [name, ...[cases, truePositives, falsePositives, falseNegatives].map(String), ...ratios];
}
