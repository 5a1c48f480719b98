import type { PasswordState, UserAccount, UserGroup } from '../../../model/configuration.ts';
import { type Problem, problem } from '../../../model/problem.ts';

/** Users as `etc/passwd` has them: what stands in its password field, before `etc/shadow` is looked at. */
export type PasswdEntry = Omit<UserAccount, 'password'> & { readonly password: PasswordState | 'elsewhere' };

export type ShadowEntry = { readonly name: string; readonly password: PasswordState };

type Lines<T> = { readonly entries: readonly T[]; readonly problems: readonly Problem[] };

const entriesMax = 20_000;
const membersMax = 10_000;

/** Source: https://man7.org/linux/man-pages/man5/passwd.5.html */
export function parsePasswd(text: string, path: string): Lines<PasswdEntry> {
  return eachLine(text, path, 7, ([name = '', secret = '', uid = '', gid = '', , home = '', shell = '']) => {
    const ids = [idOf(uid), idOf(gid)] as const;
    if (name === '' || ids[0] === null || ids[1] === null) return null;
    const password = secret === 'x' ? 'elsewhere' : passwordState(secret);
    return { name, uid: ids[0], gid: ids[1], home, shell: shell === '' ? null : shell, password };
  });
}

/** Whether passwords are set. Source: https://man7.org/linux/man-pages/man5/shadow.5.html */
export function parseShadow(text: string, path: string): Lines<ShadowEntry> {
  return eachLine(text, path, 2, ([name = '', secret = '']) =>
    name === '' ? null : { name, password: passwordState(secret) },
  );
}

/** Source: https://man7.org/linux/man-pages/man5/group.5.html */
export function parseGroup(text: string, path: string): Lines<UserGroup> {
  return eachLine(text, path, 3, ([name = '', , gid = '', members = '']) => {
    const id = idOf(gid);
    if (name === '' || id === null) return null;
    return { name, gid: id, members: members.split(',', membersMax).filter((member) => member !== '') };
  });
}

// What no password hashes to cannot be entered: `!`, `*`, `!!`, `*LK*`, and a hash behind a `!`.
function passwordState(secret: string): PasswordState {
  if (secret === '') return 'empty';
  return secret.startsWith('!') || secret.startsWith('*') ? 'locked' : 'set';
}

function idOf(text: string): number | null {
  if (!/^[0-9]{1,10}$/.test(text)) return null;
  const id = Number(text);
  return id <= 0xffffffff ? id : null;
}

function eachLine<T>(
  text: string,
  path: string,
  fieldsMin: number,
  read: (fields: readonly string[]) => T | null,
): Lines<T> {
  const entries: T[] = [];
  let wrong = 0;
  for (const line of text.split('\n')) {
    // A line of `+` or `-` asks a directory service, of which nothing is known here.
    if (line.trim() === '' || line.startsWith('#') || line.startsWith('+') || line.startsWith('-')) continue;
    if (entries.length >= entriesMax) {
      const why = `more than ${entriesMax} entries; the others were not read`;
      return { entries, problems: [problem('limit', path, why, 'entriesMax')] };
    }
    const fields = line.split(':', 20);
    const entry = fields.length < fieldsMin ? null : read(fields);
    if (entry === null) wrong++;
    else entries.push(entry);
  }
  if (wrong === 0) return { entries, problems: [] };
  return { entries, problems: [problem('malformed', path, `${wrong} lines are no entries of it`)] };
}
