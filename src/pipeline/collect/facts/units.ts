import type { ServicePort } from '../../../model/configuration.ts';

/** What of a unit file, or of a drop-in to one, is of interest. */
export type Unit = {
  readonly program: string | null;
  readonly user: string | null;
  /** In the order of the file; a drop-in's come after, unless it begins anew. */
  readonly listens: readonly ServicePort[];
  /** Whether an empty assignment throws away what came before. */
  readonly resetsListens: boolean;
  readonly resetsProgram: boolean;
};

const linesMax = 10_000;
const listensMax = 200;

/**
 * Reads a service or socket unit. Lines that make no sense are passed over, as systemd does.
 * Source: https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html
 */
export function parseUnit(text: string): Unit {
  let section = '';
  let program: string | null = null;
  let user: string | null = null;
  let listens: ServicePort[] = [];
  let resetsListens = false;
  let resetsProgram = false;
  for (const line of joinLines(text)) {
    if (line.startsWith('[')) section = line;
    const equals = line.indexOf('=');
    if (equals < 0 || line.startsWith('#') || line.startsWith(';')) continue;
    const key = line.slice(0, equals).trim();
    const value = line.slice(equals + 1).trim();
    if (section === '[Service]' && key === 'ExecStart') {
      if (value === '') resetsProgram = true;
      program = value === '' ? null : (program ?? programOf(value));
    } else if (section === '[Service]' && key === 'User') user = value === '' ? null : value;
    else if (section === '[Socket]' && (key === 'ListenStream' || key === 'ListenDatagram')) {
      if (value === '') {
        listens = [];
        resetsListens = true;
      }
      const port = portOf(value, key === 'ListenStream' ? 'tcp' : 'udp');
      if (port && listens.length < listensMax) listens.push(port);
    }
  }
  return { program, user, listens, resetsListens, resetsProgram };
}

/** A unit as its drop-ins change it. */
export function withDropIn(unit: Unit, more: Unit): Unit {
  return {
    program: more.program ?? (more.resetsProgram ? null : unit.program),
    user: more.user ?? unit.user,
    listens: more.resetsListens ? more.listens : [...unit.listens, ...more.listens],
    resetsListens: unit.resetsListens,
    resetsProgram: unit.resetsProgram,
  };
}

/**
 * The port of `22`, `127.0.0.1:22`, `[::]:22`; null for a path, an abstract socket or a vsock.
 * Source: https://www.freedesktop.org/software/systemd/man/latest/systemd.socket.html#ListenStream=
 */
export function portOf(value: string, protocol: 'tcp' | 'udp'): ServicePort | null {
  const colon = value.lastIndexOf(':');
  const text = value.slice(colon + 1);
  if (!/^[0-9]{1,5}$/.test(text)) return null;
  const port = Number(text);
  if (port === 0 || port > 65_535) return null;
  const address = colon < 0 ? null : value.slice(0, colon).replace(/^\[|\]$/g, '');
  if (address !== null && !/^[0-9a-fA-F.:]{1,45}$/.test(address)) return null;
  return { protocol, address, port };
}

// `-/usr/sbin/sshd -D`: characters in front change how it is run.
function programOf(command: string): string | null {
  const program = command.replace(/^[-@:+!|]{1,6}/, '').split(/[ \t]/, 1)[0] ?? '';
  return program === '' ? null : program.replace(/^"|"$/g, '').slice(0, 4096);
}

function* joinLines(text: string): Generator<string> {
  let held = '';
  for (const raw of text.split('\n', linesMax)) {
    const line = raw.trim();
    // Comments may stand between the parts of a long line.
    if (held !== '' && (line.startsWith('#') || line.startsWith(';'))) continue;
    held += line;
    if (held.endsWith('\\')) {
      held = `${held.slice(0, -1)} `;
      continue;
    }
    yield held;
    held = '';
  }
  if (held !== '') yield held;
}
