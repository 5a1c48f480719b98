import { type Problem, problem } from '../../../model/problem.ts';
import { byteView } from '../byte-view.ts';
import type { Extractor, ExtractorFile } from '../contract.ts';
import { type Blobs, databaseSizeMaxBytes, extractBlobs, isDatabase, spend } from './extract.ts';

/**
 * The database of SUSE: pages of slots in front, each naming a package and where its header lies, in blocks of 16
 * bytes; everything little-endian.
 * Source: https://github.com/rpm-software-management/rpm/blob/master/lib/backend/ndb/rpmpkg.c
 */
export const rpmNdb = {
  id: 'rpm/ndb',
  version: 1,
  sizeMaxBytes: databaseSizeMaxBytes,
  names: ['Packages.db'],
  wants: (path) => isDatabase(path, 'Packages.db'),
  extract: (file) => extractBlobs(file, readNdb),
} satisfies Extractor;

const magicOfFile = 0x506d7052; // "RpmP"
const magicOfSlot = 0x746f6c53; // "Slot"
const magicOfBlob = 0x53626c42; // "BlbS"
const blockSize = 16;
const pageSize = 4096;
const headerSize = 32;
const slotPagesMax = 65_536;

function readNdb(file: ExtractorFile): Blobs {
  const view = byteView(file.bytes, 'little');
  const pages = view.u32(12);
  if (view.u32(0) !== magicOfFile || pages === null || pages === 0 || pages > slotPagesMax) {
    return { blobs: [], problems: [problem('malformed', file.path, 'This is not an ndb database of rpm.')] };
  }
  if (view.u32(4) !== 0) {
    return {
      blobs: [],
      problems: [problem('unsupported', file.path, `Version ${view.u32(4)} of ndb is not known.`)],
    };
  }
  const blobs: Uint8Array[] = [];
  const problems: Problem[] = [];
  const budget = { bytesLeft: view.length };
  for (let at = headerSize; at < pages * pageSize; at += blockSize) {
    if (view.u32(at) !== magicOfSlot) {
      problems.push(
        problem('malformed', `${file.path}@${at}`, 'The table of slots is damaged from here on.'),
      );
      break;
    }
    const index = view.u32(at + 4) ?? 0;
    if (index === 0) continue;
    const start = (view.u32(at + 8) ?? 0) * blockSize;
    const blob = view.slice(start + blockSize, view.u32(start + 12) ?? -1);
    if (blob !== null && !spend(budget, blob.length)) {
      problems.push(
        problem('limit', file.path, 'The packages overlap, so no more of them are read.', 'databaseBytesMax'),
      );
      break;
    }
    if (blob !== null && view.u32(start) === magicOfBlob && view.u32(start + 4) === index) blobs.push(blob);
    else
      problems.push(
        problem('malformed', `${file.path}#${index}`, 'The slot of this package leads to no header.'),
      );
  }
  return { blobs, problems };
}
