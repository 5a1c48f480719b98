import type { OsRelease } from '../../../model/os-release.ts';
import type { Package } from '../../../model/package.ts';
import type { Problem } from '../../../model/problem.ts';

/** What an SBOM says, whatever its format. */
export type SbomContent = {
  readonly os: OsRelease | null;
  readonly packages: readonly Package[];
  readonly problems: readonly Problem[];
  /** What the document describes, when it says. */
  readonly name: string | null;
  readonly facts: SbomFacts;
  /** Whether we wrote it: then what it leaves out is not there, and nothing is to be guessed. */
  readonly isOwn: boolean;
};

export type SbomFacts = {
  /** False for machines, which run a kernel of their own. */
  readonly isContainer: boolean;
  readonly runningKernel: string | null;
  readonly layers: readonly string[];
};
