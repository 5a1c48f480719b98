import { join } from 'node:path';
import { buildIntelligence } from '../intel/build.ts';

import { type IntelligenceRevision, openIntelligence } from '../intel/open.ts';
import { currentRevision } from '../intel/pointer.ts';
import { progressLine, say } from './output.ts';

const starterDirectory = join(import.meta.dirname, '../../data/starter');

/** Opens the revision in use, building the starter set first on a machine that has none. */
export async function openCurrentIntelligence(directory: string): Promise<IntelligenceRevision> {
  await ensureIntelligence(directory);
  return openIntelligence(directory);
}

/** Builds the starter set when there is no revision at all, and says so. */
export async function ensureIntelligence(directory: string): Promise<void> {
  if (currentRevision(directory) !== null) return;
  const line = progressLine('Intelligence');
  line.update('building the starter set');
  const { meta } = await buildIntelligence({
    feedsDirectory: starterDirectory,
    outDirectory: directory,
    onProgress: () => {},
    now: new Date(),
    isStarter: true,
  });
  line.end('');
  say(
    `No intelligence was here yet: using the starter set, ${meta.statementCount} facts on well-known vulnerabilities.`,
  );
  say("'openinspector intel update' fetches the publishers' feeds.");
}
