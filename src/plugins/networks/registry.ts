import { aws } from './aws/index.ts';
import type { NetworkSource, Translation } from './contract.ts';
import { documentPaths, readDocuments } from './documents.ts';

/** Every vendor whose network documents can be read. */
export const networkSources: readonly NetworkSource[] = [aws];

/** What a network is called among watched places: `network:DIR`. */
export const networkWatch = {
  id: 'network',
  /** Files whose change means that the network may have changed. */
  watchPaths(directory: string): string[] {
    return [directory, ...documentPaths(directory)];
  },
} as const;

/**
 * Reads a directory of JSON documents that describe one network. Rejects with a plain sentence when the directory
 * cannot be read or holds no document of a kind that is known; everything else is a problem of the translation.
 */
export async function readNetwork(directory: string): Promise<Translation> {
  const { documents, problems } = await readDocuments(directory);
  const source = networkSources.find((one) => one.recognises(documents));
  if (!source) {
    const kinds = networkSources.map(({ title }) => title).join(', ');
    throw new Error(`${directory} holds no network documents (known: ${kinds})`);
  }
  const translation = source.translate(documents);
  return { network: translation.network, problems: [...problems, ...translation.problems] };
}
