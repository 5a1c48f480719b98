import type { CloseReason, FindingEventKind, FindingType, ScoreAdjustment } from '../../model/finding.ts';

/** How long a closed finding may come back as itself, and how long closed ones are kept. Milliseconds. */
export type LifecycleRules = {
  readonly reopenWithin: number;
  readonly keepClosed: number;
  /** When the resource went away or is no longer eligible. */
  readonly keepClosedGone: number;
};

const day = 86_400_000;

/** Source: https://docs.aws.amazon.com/inspector/latest/user/findings-understanding.html */
export const lifecycleRules: LifecycleRules = {
  reopenWithin: 7 * day,
  keepClosed: 30 * day,
  keepClosedGone: 3 * day,
};

/** What the last evaluation says of one (resource, vulnerability). */
export type Desired = {
  readonly type: FindingType;
  readonly title: string;
  readonly severity: number;
  readonly score: number | null;
  readonly epss: number | null;
  /** 0 NO, 1 PARTIAL, 2 YES. */
  readonly fixAvailable: number;
  readonly exploitAvailable: boolean;
  /** What facts of the resource made of the score; null where the base score stands. */
  readonly adjustment: ScoreAdjustment | null;
};

/** A recorded finding. `status`: 0 ACTIVE, 1 SUPPRESSED, 2 CLOSED. */
export type Recorded = Desired & {
  readonly status: number;
  readonly firstObservedAt: number;
  readonly lastObservedAt: number;
  readonly updatedAt: number;
  readonly closedAt: number | null;
  readonly closeReason: CloseReason | null;
};

export type Reconciled = {
  readonly next: Recorded;
  /** What to tell the world; null when only the last observation moved. */
  readonly event: FindingEventKind | null;
};

/**
 * The lifecycle of one finding at one evaluation. Pure: `now` in milliseconds is passed in. Null desired: no longer
 * found, and `closeReason` says why. Null answer: nothing is or was there. Invariants, held by tests: reconciling
 * twice with equal input changes nothing but the time of the last observation, and an older evaluation never undoes
 * a newer one.
 */
export function reconcile(
  recorded: Recorded | null,
  desired: Desired | null,
  now: number,
  closeReason: CloseReason,
  rules: LifecycleRules,
): Reconciled | null {
  if (recorded && Math.max(recorded.updatedAt, recorded.lastObservedAt) > now)
    return { next: recorded, event: null };
  if (desired === null) return recorded ? close(recorded, now, closeReason) : null;
  if (recorded === null) return { next: open(desired, now, now), event: 'OPENED' };
  if (recorded.status !== closed) return observe(recorded, desired, now);
  const isSame = recorded.closedAt !== null && now - recorded.closedAt <= rules.reopenWithin;
  return isSame
    ? { next: open(desired, recorded.firstObservedAt, now), event: 'REOPENED' }
    : { next: open(desired, now, now), event: 'OPENED' };
}

/** Whether a closed finding may be deleted. */
export function isPastRetention(recorded: Recorded, now: number, rules: LifecycleRules): boolean {
  if (recorded.closedAt === null) return false;
  const isGone = recorded.closeReason === 'RESOURCE_GONE' || recorded.closeReason === 'INELIGIBLE';
  return now - recorded.closedAt > (isGone ? rules.keepClosedGone : rules.keepClosed);
}

const active = 0;
const closed = 2;

function open(desired: Desired, firstObservedAt: number, now: number): Recorded {
  return {
    ...desired,
    status: active,
    firstObservedAt,
    lastObservedAt: now,
    updatedAt: now,
    closedAt: null,
    closeReason: null,
  };
}

function close(recorded: Recorded, now: number, closeReason: CloseReason): Reconciled {
  if (recorded.status === closed) return { next: recorded, event: null };
  return {
    next: { ...recorded, status: closed, updatedAt: now, closedAt: now, closeReason },
    event: 'CLOSED',
  };
}

function observe(recorded: Recorded, desired: Desired, now: number): Reconciled {
  const isChanged =
    recorded.title !== desired.title ||
    recorded.severity !== desired.severity ||
    recorded.score !== desired.score ||
    recorded.fixAvailable !== desired.fixAvailable ||
    recorded.exploitAvailable !== desired.exploitAvailable;
  const next = {
    ...recorded,
    ...desired,
    lastObservedAt: now,
    updatedAt: isChanged ? now : recorded.updatedAt,
  };
  return { next, event: isChanged ? 'UPDATED' : null };
}
