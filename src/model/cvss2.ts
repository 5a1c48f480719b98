type Metrics = ReadonlyMap<string, string>;

const impacts = { N: 0, P: 0.275, C: 0.66 };
const requirements = { L: 0.5, M: 1, H: 1.51, ND: 1 };

/** Source: https://www.first.org/cvss/v2/guide (section 3.2.1) */
export function cvss2BaseScore(metrics: Metrics): number {
  return round(
    exactBase(
      metrics,
      impactOf(metrics, () => 1),
    ),
  );
}

/**
 * Base, temporal and environmental equations in one: metrics that are not defined change nothing.
 * Source: https://www.first.org/cvss/v2/guide (sections 3.2.2 and 3.2.3)
 */
export function cvss2Score(metrics: Metrics): number {
  const adjusted = Math.min(
    10,
    impactOf(metrics, (name) => weight(metrics, `${name}R`, requirements, 1)),
  );
  const base = round(exactBase(metrics, adjusted));
  const temporal = round(
    base *
      weight(metrics, 'E', { U: 0.85, POC: 0.9, F: 0.95, H: 1, ND: 1 }, 1) *
      weight(metrics, 'RL', { OF: 0.87, TF: 0.9, W: 0.95, U: 1, ND: 1 }, 1) *
      weight(metrics, 'RC', { UC: 0.9, UR: 0.95, C: 1, ND: 1 }, 1),
  );
  const damage = weight(metrics, 'CDP', { N: 0, L: 0.1, LM: 0.3, MH: 0.4, H: 0.5, ND: 0 }, 0);
  const targets = weight(metrics, 'TD', { N: 0, L: 0.25, M: 0.75, H: 1, ND: 1 }, 1);
  return Math.max(0, round((temporal + (10 - temporal) * damage) * targets));
}

function impactOf(metrics: Metrics, requirementOf: (name: string) => number): number {
  const kept = ['C', 'I', 'A'].reduce(
    (rest, name) => rest * (1 - weight(metrics, name, impacts, 0) * requirementOf(name)),
    1,
  );
  return 10.41 * (1 - kept);
}

function exactBase(metrics: Metrics, impact: number): number {
  const exploitability =
    20 *
    weight(metrics, 'AV', { L: 0.395, A: 0.646, N: 1 }, 0) *
    weight(metrics, 'AC', { H: 0.35, M: 0.61, L: 0.71 }, 0) *
    weight(metrics, 'Au', { M: 0.45, S: 0.56, N: 0.704 }, 0);
  return impact === 0 ? 0 : (0.6 * impact + 0.4 * exploitability - 1.5) * 1.176;
}

function weight(
  metrics: Metrics,
  name: string,
  table: Readonly<Record<string, number>>,
  absent: number,
): number {
  return table[metrics.get(name) ?? ''] ?? absent;
}

// The small addend keeps a tie that floating point holds just below on its upper side.
function round(value: number): number {
  return Math.round((value + 1e-9) * 10) / 10;
}
