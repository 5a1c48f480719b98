import type { Logger } from 'pino';
import type { Intelligence } from '../intel/contract.ts';
import { openIntelligence, openRevision } from '../intel/open.ts';
import { currentRevision } from '../intel/pointer.ts';
import type { IntelligenceHolder } from '../jobs/context.ts';
import { reasonOf } from '../model/problem.ts';

// A job keeps the revision that it began with; it is closed when no job can still be using it.
const closeAfterMilliseconds = 600_000;

/** Holds the opened revision of an intelligence directory; without one it waits for `refresh` to find the first. */
export async function openHolder(
  directory: string,
  log: Logger,
): Promise<IntelligenceHolder & { close(): void }> {
  let current: Intelligence | null = null;
  const holder = {
    current: () => current,
    async refresh() {
      const revision = currentRevision(directory);
      if (revision === null || revision === current?.meta.revision) return false;
      try {
        const next = openIntelligence(directory);
        const before = current;
        current = next;
        if (before) setTimeout(() => before.close(), closeAfterMilliseconds).unref();
        log.info({ revision: next.meta.revision }, 'intelligence revision opened');
        return true;
      } catch (error) {
        log.error(
          { why: reasonOf(error) },
          'a new intelligence revision could not be opened; the old one stays',
        );
        return false;
      }
    },
    openRevision(revision: string) {
      try {
        return openRevision(directory, revision);
      } catch (error) {
        log.warn({ revision, why: reasonOf(error) }, 'an earlier revision is not there to compare with');
        return null;
      }
    },
    close: () => current?.close(),
  };
  await holder.refresh();
  return holder;
}
