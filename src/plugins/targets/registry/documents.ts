/** A manifest, index or image configuration: bytes that their digest names, parsed. */
export type RegistryDocument = {
  readonly digest: string;
  readonly mediaType: string;
  readonly json: unknown;
  readonly sizeBytes: number;
};

/** Documents that were read before. They never change, so that looking again at an unchanged tag costs one request. */
export type Documents = {
  get(key: string): RegistryDocument | null;
  put(key: string, document: RegistryDocument): void;
};

const documentsMax = 2000;
const bytesMax = 16 * 2 ** 20;

/** Keeps the documents that were used last, within a number of documents and of bytes. */
export function openDocuments(): Documents {
  const kept = new Map<string, RegistryDocument>();
  let bytes = 0;

  function remove(key: string): void {
    bytes -= kept.get(key)?.sizeBytes ?? 0;
    kept.delete(key);
  }

  return {
    get(key) {
      const document = kept.get(key) ?? null;
      if (document) {
        // A map keeps the order of insertion: what was used last stands last.
        kept.delete(key);
        kept.set(key, document);
      }
      return document;
    },
    put(key, document) {
      remove(key);
      kept.set(key, document);
      bytes += document.sizeBytes;
      for (const oldest of kept.keys()) {
        if (kept.size <= documentsMax && bytes <= bytesMax) break;
        remove(oldest);
      }
    },
  };
}
