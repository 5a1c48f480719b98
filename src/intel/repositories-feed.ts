import { type Dirent, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Feed, FeedFile, FeedRecord } from '../plugins/feeds/contract.ts';
import { hostRepository } from '../plugins/feeds/host-repository/index.ts';
import { problemRecords } from '../plugins/feeds/records.ts';
import { feedsDepthMax } from './build.ts';
import type { GatheredRepositories } from './repositories.ts';

/**
 * The feeds of a build whose feed of repositories reads, besides what a feeds directory holds of it, files that lie
 * elsewhere, and tells what could not be had of them. `anchor` is the file of the directory at whose turn it does so.
 */
export function withRepositories(
  feeds: readonly Feed[],
  gathered: GatheredRepositories,
  anchor: string,
): readonly Feed[] {
  const bound: Feed = {
    ...hostRepository,
    wants: (path) => path === anchor || hostRepository.wants(path),
    async *read(file: FeedFile): AsyncGenerator<FeedRecord> {
      if (hostRepository.wants(file.path)) yield* hostRepository.read(file);
      if (file.path !== anchor) return;
      for (const found of gathered.files) yield* hostRepository.read(found);
      yield* problemRecords(gathered.problems);
    },
  };
  return feeds.map((feed) => (feed.id === hostRepository.id ? bound : feed));
}

/** The first file of a feeds directory that some feed knows, or null when there is none. Links are not followed. */
export function firstFeedFile(directory: string, feeds: readonly Feed[]): string | null {
  return firstBelow({ directory, folder: directory, depth: 0 }, feeds);
}

type Place = { readonly directory: string; readonly folder: string; readonly depth: number };

function firstBelow({ directory, folder, depth }: Place, feeds: readonly Feed[]): string | null {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort(byName)) {
    const path = join(folder, entry.name);
    const found =
      entry.isDirectory() && depth < feedsDepthMax
        ? firstBelow({ directory, folder: path, depth: depth + 1 }, feeds)
        : entry.isFile()
          ? relative(directory, path).split(sep).join('/')
          : null;
    if (found !== null && (entry.isDirectory() || feeds.some((feed) => feed.wants(found)))) return found;
  }
  return null;
}

function byName(left: Dirent, right: Dirent): number {
  return left.name < right.name ? -1 : 1;
}
