import type { PackageKey, Statement } from '../../model/advisory.ts';
import type { Problem } from '../../model/problem.ts';
import type {
  CvssRating,
  Epss,
  ExploitEvidence,
  KnownExploited,
  SeverityLabel,
  Ssvc,
} from '../../model/vulnerability.ts';

/** A source of vulnerability intelligence. It reads files; fetching them is shared code driven by `downloads`. */
export type Feed = {
  readonly id: string;
  readonly title: string;
  readonly sources: readonly string[];
  readonly licence: string;
  /** What the publisher serves today. Each is fetched to `path` (relative, inside a feeds directory) as it is. */
  readonly downloads: readonly FeedDownload[];
  /** Whether a file of a feeds directory (relative path) is this feed's. Several forms of one feed may be known. */
  wants(path: string): boolean;
  /** Yields everything that the file says. A bad record is yielded as a problem and reading goes on. */
  read(file: FeedFile): AsyncIterable<FeedRecord> | Iterable<FeedRecord>;
};

export type FeedDownload = { readonly url: string; readonly path: string };

export type FeedFile = {
  /** Relative to the feeds directory. */
  readonly path: string;
  /** Absolute path to open for reading. */
  readonly absolutePath: string;
};

export type FeedRecord =
  | { readonly kind: 'statement'; readonly key: PackageKey; readonly statement: Statement }
  | VulnerabilityFacts
  /** Same flaw, two names. */
  | { readonly kind: 'alias'; readonly id: string; readonly alias: string }
  /**
   * This stream is assessed by this feed: absence of a statement means "not known to be affected" when `complete`,
   * and says nothing when not (Alpine lists only what was fixed). `asOf` is the data's own date, ISO 8601.
   */
  | {
      readonly kind: 'stream';
      readonly stream: string;
      readonly complete: boolean;
      readonly asOf: string | null;
    }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** What one source says of a vulnerability itself. Fields that it does not speak of are absent. */
export type VulnerabilityFacts = {
  readonly kind: 'vulnerability';
  readonly id: string;
  readonly source: string;
  readonly title?: string;
  readonly description?: string;
  readonly cvss?: readonly CvssRating[];
  readonly labels?: readonly SeverityLabel[];
  readonly cwes?: readonly string[];
  readonly published?: string;
  readonly modified?: string;
  readonly references?: readonly string[];
  readonly kev?: KnownExploited;
  readonly epss?: Epss;
  readonly exploits?: readonly ExploitEvidence[];
  readonly ssvc?: Ssvc;
  readonly withdrawn?: string;
};
