import type { NotableFile, Service, UserAccount, UserGroup } from './configuration.ts';
import type { ListeningSocket } from './listening.ts';
import type { OsRelease } from './os-release.ts';
import type { Package } from './package.ts';
import type { Problem } from './problem.ts';

/**
 * The software found in one resource. Content-addressed: two resources with equal content share one inventory.
 */
export type Inventory = {
  /** The operating system, or null when the resource has none (a function, a lock file). */
  readonly os: OsRelease | null;
  /** Sorted by purl, then evidence path. */
  readonly packages: readonly Package[];
  /** What could not be read, in the order met. An inventory with problems is partial and says so. */
  readonly problems: readonly Problem[];
  readonly facts: InventoryFacts;
};

/** Facts that later judgements need, gathered in the same pass. */
export type InventoryFacts = {
  /** True for images and functions: they never run a kernel of their own. */
  readonly isContainer: boolean;
  /** `uname -r` of the running kernel, for hosts only. */
  readonly runningKernel: string | null;
  /** Layer digests (diff ids) from the base up, for images only. */
  readonly layers: readonly string[];
  /** What waits for clients; null or absent: nobody has told. */
  readonly listening?: readonly ListeningSocket[] | null;
  /** What starts by itself. This and what follows is absent where no root file system was read. */
  readonly services?: readonly Service[];
  readonly users?: readonly UserAccount[];
  readonly groups?: readonly UserGroup[];
  /** Files and directories whose mode matters, by path. */
  readonly files?: readonly NotableFile[];
};
