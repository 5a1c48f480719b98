import { type AffectedRange, below, everyVersion, type StatementStatus } from '../../../model/advisory.ts';

export type TrackerState = {
  readonly status: StatementStatus;
  readonly ranges: readonly AffectedRange[];
  readonly note: string | null;
};

/**
 * A tracker status to a statement; null where it says nothing about the package. `ignored` with a reason that holds
 * for the release as a whole (its support ended) says nothing unless it adds what the package's state was.
 * Source: https://git.launchpad.net/ubuntu-cve-tracker/tree/README (section "Status")
 */
export function trackerState(status: string, detail: string): TrackerState | null | 'unknown-status' {
  switch (status) {
    case 'released':
      return isVersion(detail)
        ? { status: 'fixed', ranges: [below(detail)], note: null }
        : { status: 'unknown', ranges: [], note: 'released, no version given' };
    case 'not-affected':
      return { status: 'not-affected', ranges: [], note: noteOf(detail) };
    case 'needed':
    case 'active':
      return affected('affected', noteOf(detail));
    case 'pending':
      return affected('affected', `pending${detail === '' ? '' : `: ${detail}`}`);
    case 'deferred':
      return affected('deferred', noteOf(detail));
    case 'needs-triage':
    case 'in-progress':
      return { status: 'under-investigation', ranges: [everyVersion], note: status };
    case 'ignored':
      return ignoredState(detail);
    default:
      return 'unknown-status';
  }
}

/** The release in development changes until it is out: what was still open in it is not known to stay so. */
export function develState(status: string, detail: string): TrackerState | null | 'unknown-status' {
  const state = trackerState(status, detail);
  if (state === null || state === 'unknown-status') return state;
  if (state.status === 'fixed' || state.status === 'not-affected') return state;
  return { status: 'under-investigation', ranges: [everyVersion], note: `devel: ${status}` };
}

function ignoredState(detail: string): TrackerState | null {
  const text = detail.toLowerCase();
  if (text.includes('superseded by')) return null;
  const earlier = /\bwas (needed|pending|deferred|released|active|not-affected|needs-triage|ignored)\b/.exec(
    text,
  )?.[1];
  if (earlier === 'not-affected') return { status: 'not-affected', ranges: [], note: noteOf(detail) };
  const hasEnded = /end[ -]of|eol|no longer (supported|maintained)|out of (standard )?support/.test(text);
  if (earlier === undefined || earlier === 'ignored' || earlier === 'needs-triage') {
    if (hasEnded || earlier === 'needs-triage' || text.includes('esm criteria')) return null;
    return affected('will-not-fix', `ignored${detail === '' ? '' : `: ${detail.slice(0, 200)}`}`);
  }
  return affected(hasEnded ? 'end-of-life' : 'will-not-fix', `ignored: ${detail.slice(0, 200)}`);
}

function affected(status: StatementStatus, note: string | null): TrackerState {
  return { status, ranges: [everyVersion], note };
}

function noteOf(detail: string): string | null {
  return detail === '' ? null : detail.slice(0, 200);
}

function isVersion(detail: string): boolean {
  return /^(\d+:)?\d[A-Za-z0-9.+~:-]{0,200}$/.test(detail);
}
