/** What a fault is: bytes that are not what their format says, or something that we do not know. */
export type DiskErrorKind = 'malformed' | 'unsupported';

/** What readers of disks and file systems throw for bytes that they cannot read. The message is one sentence. */
export class DiskError extends Error {
  readonly kind: DiskErrorKind;

  constructor(kind: DiskErrorKind, message: string) {
    super(message);
    this.name = 'DiskError';
    this.kind = kind;
  }
}

/** Something that was wrong on the way and did not end the reading. */
export type DiskFault = {
  /** Beside the kinds of error: the newest changes are missing, or nobody asked for what is there. */
  readonly kind: DiskErrorKind | 'stale' | 'not-read';
  /** Which part of the disk or file system; empty for the whole of it. */
  readonly where: string;
  readonly why: string;
};

/** Throws `malformed` unless the claim about the bytes holds. */
export function insist(claim: boolean, why: string): asserts claim {
  if (!claim) throw new DiskError('malformed', why);
}
