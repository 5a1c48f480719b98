import { textTable } from '../../bench/measure.ts';
import type { Case, CaseSet } from './case.ts';
import { countOf, f1, type Outcome, precision, recall } from './compare.ts';

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

/** Counts of each distribution and ecosystem over all sets. */
export function printGroups(rows: readonly Row[]): void {
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
    console.log(`\n${textTable(table)}`);
  }
  console.log();
}

function line(name: string, rows: readonly Row[]): string[] {
  const counts = countOf(rows.map(({ outcome }) => outcome));
  const ratios = [precision(counts), recall(counts), f1(counts)].map((value) => value.toFixed(3));
  const { truePositives, falsePositives, falseNegatives } = counts;
  return [name, ...[rows.length, truePositives, falsePositives, falseNegatives].map(String), ...ratios];
}
