/** How a system is set up, as far as its files tell: what checks of its configuration judge. */

/** Something that starts by itself, or that is started when a client comes. */
export type Service = {
  /** Unit (`ssh.service`) or service (`telnet`). */
  readonly name: string;
  readonly manager: 'systemd' | 'xinetd' | 'inetd';
  /** Root-relative file or link that makes it start. */
  readonly path: string;
  /** Root-relative file that says what it is; null where none is there. */
  readonly definedIn: string | null;
  /** Units that start it (`multi-user.target`), or the manager itself. */
  readonly startedBy: readonly string[];
  /** Program that is run, with neither prefix nor arguments; null where that is not told. */
  readonly program: string | null;
  /** User that it runs as; null where none is named, which is root for a system service. */
  readonly user: string | null;
  /** Ports that its manager opens for it; what a program opens itself is not among them. */
  readonly listens: readonly ServicePort[];
};

export type ServicePort = {
  readonly protocol: 'tcp' | 'udp';
  /** Null: every address. */
  readonly address: string | null;
  readonly port: number;
};

export type UserAccount = {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** Null: the field is empty, which means `/bin/sh`. */
  readonly shell: string | null;
  /** Never the hash. `empty`: no password is asked for; `unknown`: the file with passwords could not be read. */
  readonly password: PasswordState;
};

export type PasswordState = 'set' | 'empty' | 'locked' | 'unknown';

export type UserGroup = { readonly name: string; readonly gid: number; readonly members: readonly string[] };

/** A file or directory whose mode matters. */
export type NotableFile = {
  /** Root-relative. */
  readonly path: string;
  readonly kind: 'file' | 'directory';
  /** Permission bits with setuid, setgid and sticky: `0o4755`. */
  readonly mode: number;
  /** Null where an archive names no possible number. */
  readonly uid: number | null;
  readonly gid: number | null;
  readonly why: readonly NotableReason[];
};

export type NotableReason = 'setuid' | 'setgid' | 'world-writable' | 'host-key' | 'private-key';
