import type { NotableFile, NotableReason } from '../../../model/configuration.ts';
import { type Problem, problem } from '../../../model/problem.ts';

/** Who may do what with an entry, as a file system or an archive has it. */
export type FileState = {
  /** More than the permission bits is passed over. */
  readonly mode: number;
  readonly uid: number | null;
  readonly gid: number | null;
};

export type NotableFiles = {
  /** Whether the entry is one whose mode matters; it is kept then, up to a bound. Runs on every entry. */
  note(path: string, kind: 'file' | 'directory', state: FileState): boolean;
  readonly files: readonly NotableFile[];
  problems(): readonly Problem[];
};

/** Files kept for each reason. */
const filesMax = 2000;
const setuidBit = 0o4000;
const setgidBit = 0o2000;
const stickyBit = 0o1000;
const othersWrite = 0o002;
const groupRuns = 0o010;

export function createNotableFiles(): NotableFiles {
  const files: NotableFile[] = [];
  const counts = new Map<NotableReason, number>();
  return {
    note(path, kind, { mode, uid, gid }) {
      const why = reasonsOf(path, kind, mode);
      if (why.length === 0) return false;
      let isRoomLeft = false;
      for (const reason of why) {
        const count = (counts.get(reason) ?? 0) + 1;
        counts.set(reason, count);
        isRoomLeft ||= count <= filesMax;
      }
      if (isRoomLeft) files.push({ path, kind, mode: mode & 0o7777, uid, gid, why });
      return true;
    },
    files,
    problems() {
      const full = [...counts].filter(([, count]) => count > filesMax);
      return full.map(([reason, count]) => {
        const why = `${count} files and directories are ${reason}; the first ${filesMax} are listed`;
        return problem('limit', 'modes of files', why, 'filesMax');
      });
    },
  };
}

const none: readonly NotableReason[] = [];

/** Hot: nearly every entry is none, and then costs some comparisons and no memory. */
export function reasonsOf(path: string, kind: 'file' | 'directory', mode: number): readonly NotableReason[] {
  const isFile = kind === 'file';
  const key = isFile ? keyKind(path) : null;
  const isOpen = (mode & othersWrite) !== 0 && (isFile || (mode & stickyBit) === 0);
  if (key === null && !isOpen && (!isFile || (mode & (setuidBit | setgidBit)) === 0)) return none;
  const why: NotableReason[] = [];
  if (isFile && (mode & setuidBit) !== 0) why.push('setuid');
  // Without leave to run it, the bit once meant mandatory locking.
  if (isFile && (mode & setgidBit) !== 0 && (mode & groupRuns) !== 0) why.push('setgid');
  if (isOpen) why.push('world-writable');
  if (key !== null) why.push(key);
  return why;
}

const userKeys = new Set([
  'id_rsa',
  'id_dsa',
  'id_ecdsa',
  'id_ed25519',
  'id_ecdsa_sk',
  'id_ed25519_sk',
  'identity',
]);

// By the places that programs look in; what lies elsewhere under any name is not told by it.
function keyKind(path: string): 'host-key' | 'private-key' | null {
  const slash = path.lastIndexOf('/');
  const last = path.charCodeAt(path.length - 1);
  // Every name of a key ends in one of `y a m 9 k`: all other paths are done with here.
  if (last !== 121 && last !== 97 && last !== 109 && last !== 57 && last !== 107) return null;
  const name = path.slice(slash + 1);
  if (name.startsWith('ssh_host_') && name.endsWith('_key') && path.startsWith('etc/ssh/')) return 'host-key';
  if (userKeys.has(name) && path.endsWith(`/.ssh/${name}`)) return 'private-key';
  const isOfTls = path.startsWith('etc/ssl/private/') || path.startsWith('etc/pki/tls/private/');
  return isOfTls && (name.endsWith('.key') || name.endsWith('.pem')) ? 'private-key' : null;
}
