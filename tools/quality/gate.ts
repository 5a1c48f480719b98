import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import classNames from './classes.json' with { type: 'json' };
import { type Counts, countOf, f1, type Outcome, sumOf } from './compare.ts';
import differences from './differences.json' with { type: 'json' };

/** What came out of one set, by case. */
export type SetOutcome = { readonly set: string; readonly outcomes: ReadonlyMap<string, Outcome> };

/** True positives, false positives and false negatives of each case of each set. */
type Sets = Readonly<Record<string, Readonly<Record<string, readonly [number, number, number]>>>>;

/** The intelligence revision is that of the sets which need one; other data gives other counts. */
type Baseline = { readonly intelligence: string | null; readonly sets: Sets };

type Difference = {
  readonly set: string;
  /** Regular expression on the case's id. */
  readonly case: string;
  readonly side: string;
  /** Regular expression on the disagreement's text. */
  readonly pattern: string;
  /** How many disagreements it stands for at most. */
  readonly count: number;
  readonly class: string;
  readonly cause: string;
};

export type Verdict = {
  /** Why the run fails, a line each. */
  readonly failures: readonly string[];
  /** Explained disagreements by class. */
  readonly classes: ReadonlyMap<string, number>;
  /** What came out of a case when the disagreements that are the data's or the labels' are left out. */
  readonly settled: ReadonlyMap<Outcome, Counts>;
};

const path = join(import.meta.dirname, 'baseline.json');

/**
 * Holds outcomes against the committed baseline and the list of explained differences. It fails where F1 of a set is
 * below the baseline's, where a case misses more than it did, and where a disagreement has no explanation.
 */
export function judgeRun(sets: readonly SetOutcome[]): Verdict {
  const baseline = readBaseline();
  const explained = explain(sets);
  const failures = [
    ...sets.flatMap((set) => regressions(set, baseline.sets[set.set] ?? {})),
    ...explained.failures,
  ];
  return { ...explained, failures };
}

/** Makes these outcomes the baseline; sets that were not run keep theirs. */
export function writeBaseline(sets: readonly SetOutcome[], intelligence: string | null): void {
  const before = readBaseline();
  const next: Record<string, Sets[string]> = { ...before.sets };
  for (const { set, outcomes } of sets) {
    next[set] = Object.fromEntries([...outcomes].map(([id, outcome]) => [id, rowOf(outcome)]));
  }
  const blocks = Object.entries(next).map(([set, cases]) => {
    const rows = Object.entries(cases).map(([id, row]) => `      ${JSON.stringify(id)}: [${row.join(', ')}]`);
    return `    ${JSON.stringify(set)}: {\n${rows.join(',\n')}\n    }`;
  });
  const revision = JSON.stringify(intelligence ?? before.intelligence);
  writeFileSync(path, `{\n  "intelligence": ${revision},\n  "sets": {\n${blocks.join(',\n')}\n  }\n}\n`);
}

/** The intelligence revision that the baseline was made with, or null when none was used. */
export function baselineRevision(): string | null {
  return readBaseline().intelligence;
}

function readBaseline(): Baseline {
  if (!existsSync(path)) return { intelligence: null, sets: {} };
  return JSON.parse(readFileSync(path, 'utf8')) as Baseline;
}

function rowOf({ truePositives, falsePositives, falseNegatives }: Outcome): [number, number, number] {
  return [truePositives, falsePositives.length, falseNegatives.length];
}

function regressions({ set, outcomes }: SetOutcome, before: Sets[string]): readonly string[] {
  const failures: string[] = [];
  const rows = [...outcomes.keys()].flatMap((id) => (before[id] === undefined ? [] : [before[id]]));
  const was = f1(sumOf(rows.map(countsOf)));
  const known = [...outcomes].filter(([id]) => before[id] !== undefined).map(([, outcome]) => outcome);
  const is = f1(countOf(known));
  if (is < was) failures.push(`${set}: F1 fell from ${was.toFixed(4)} to ${is.toFixed(4)}`);
  for (const [id, outcome] of outcomes) {
    const missed = before[id]?.[2];
    const misses = outcome.falseNegatives.length;
    if (missed !== undefined && misses > missed)
      failures.push(`${set}: ${id} misses ${misses}, before it missed ${missed}`);
  }
  return failures;
}

function countsOf([truePositives, falsePositives, falseNegatives]: readonly [
  number,
  number,
  number,
]): Counts {
  return { truePositives, falsePositives, falseNegatives };
}

function explain(sets: readonly SetOutcome[]): Verdict {
  const failures: string[] = [];
  const used = new Map<Difference, number>();
  const classes = new Map<string, number>();
  const settled = new Map<Outcome, Counts>();
  for (const { set, outcomes } of sets) {
    for (const [id, outcome] of outcomes) {
      const left = { 'false-positive': 0, 'false-negative': 0 };
      for (const { side, text } of disagreementsOf(outcome)) {
        const difference = differenceFor({ set, id, side, text }, used);
        if (difference === undefined) failures.push(`${set}: ${id}: unexplained ${side}: ${text}`);
        else {
          used.set(difference, (used.get(difference) ?? 0) + 1);
          classes.set(difference.class, (classes.get(difference.class) ?? 0) + 1);
        }
        if (difference === undefined || !classNames.theirs.includes(difference.class)) left[side] += 1;
      }
      settled.set(outcome, countsOf([outcome.truePositives, left['false-positive'], left['false-negative']]));
    }
  }
  return { failures, classes, settled };
}

type Side = 'false-positive' | 'false-negative';
type Disagreement = { readonly side: Side; readonly text: string };

function differenceFor(
  { set, id, side, text }: Disagreement & { readonly set: string; readonly id: string },
  used: ReadonlyMap<Difference, number>,
): Difference | undefined {
  return (differences as readonly Difference[]).find(
    (item) =>
      item.set === set &&
      item.side === side &&
      (used.get(item) ?? 0) < item.count &&
      new RegExp(item.case).test(id) &&
      new RegExp(item.pattern).test(text),
  );
}

function disagreementsOf(outcome: Outcome): readonly Disagreement[] {
  return [
    ...outcome.falseNegatives.map((text) => ({ side: 'false-negative', text }) as const),
    ...outcome.falsePositives.map((text) => ({ side: 'false-positive', text }) as const),
  ];
}
