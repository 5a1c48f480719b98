/** Bounds on what one scan may read. Each has a name, which a problem of kind `limit` carries. */
export type ScanLimits = {
  /** Uncompressed bytes of one archive or layer. */
  readonly archiveBytesMax: number;
  readonly archiveEntriesMax: number;
  /** Uncompressed to compressed, looked at past 64 MiB of output. */
  readonly expansionRatioMax: number;
  readonly pathLengthMax: number;
  readonly treeDepthMax: number;
  readonly treeEntriesMax: number;
  /** Bytes of wanted files held at once. */
  readonly bufferedBytesMax: number;
  readonly packagesMax: number;
  readonly scanSecondsMax: number;
};

export const defaultLimits: ScanLimits = {
  archiveBytesMax: 64 * 2 ** 30,
  archiveEntriesMax: 5_000_000,
  expansionRatioMax: 1000,
  pathLengthMax: 4096,
  treeDepthMax: 64,
  treeEntriesMax: 20_000_000,
  bufferedBytesMax: 512 * 2 ** 20,
  packagesMax: 1_000_000,
  scanSecondsMax: 1800,
};

/** Thrown inside readers when a limit is passed; the collector makes a problem of it. */
export class LimitError extends Error {
  readonly limit: keyof ScanLimits;

  constructor(limit: keyof ScanLimits, message: string) {
    super(message);
    this.name = 'LimitError';
    this.limit = limit;
  }
}
