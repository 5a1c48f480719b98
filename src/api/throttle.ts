/**
 * How often an account may call: a bucket that fills by `perSecond` and holds what two seconds fill. Calls that look
 * through everything take more out of it. Pure but for its memory, which forgets accounts whose bucket is full.
 */
export type Throttle = {
  /** Seconds to wait before the call may be made (whole ones, at least one), or null to go on. */
  take(accountId: string, operation: string): number | null;
};

const burstSeconds = 2;
const accountsMax = 10_000;

// What counts, exports or judges whole estates.
const costs: Readonly<Record<string, number>> = {
  ListFindingAggregations: 4,
  ListCoverageStatistics: 4,
  ScanSbom: 10,
  CreateFindingsReport: 10,
  CreateSbomExport: 10,
  StartCodeSecurityScan: 10,
};

/** A throttle by account; `perSecond` of 0 lets everything pass. `now` in ms. */
export function createThrottle(perSecond: number, now: () => number): Throttle {
  const buckets = new Map<string, { left: number; at: number }>();
  const most = perSecond * burstSeconds;

  function bucketOf(accountId: string, at: number): { left: number; at: number } {
    const known = buckets.get(accountId);
    if (known) {
      known.left = Math.min(most, known.left + (Math.max(0, at - known.at) * perSecond) / 1000);
      known.at = at;
      return known;
    }
    if (buckets.size >= accountsMax) forget(at);
    const made = { left: most, at };
    buckets.set(accountId, made);
    return made;
  }

  // A bucket that has filled up since says nothing that a new one does not.
  function forget(at: number): void {
    for (const [id, { left, at: last }] of buckets)
      if (left + ((at - last) * perSecond) / 1000 >= most) buckets.delete(id);
  }

  return {
    take(accountId, operation) {
      if (perSecond === 0) return null;
      const bucket = bucketOf(accountId, now());
      // No call costs more than a full bucket, or it could never be made.
      const cost = Math.min(most, costs[operation] ?? 1);
      if (bucket.left < cost) return Math.max(1, Math.ceil((cost - bucket.left) / perSecond));
      bucket.left -= cost;
      return null;
    },
  };
}
