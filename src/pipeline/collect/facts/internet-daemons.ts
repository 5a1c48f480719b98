import type { Service, ServicePort } from '../../../model/configuration.ts';

/** Services that a super-server starts for each client that comes: inetd and xinetd. */

const servicesMax = 1000;
const linesMax = 20_000;
// What is written by name where no number stands beside it, of services that such servers are there for.
const knownPorts: Readonly<Record<string, number>> = {
  echo: 7,
  discard: 9,
  daytime: 13,
  qotd: 17,
  chargen: 19,
  ftp: 21,
  telnet: 23,
  time: 37,
  tftp: 69,
  finger: 79,
  pop3: 110,
  ident: 113,
  auth: 113,
  imap: 143,
  imap2: 143,
  exec: 512,
  login: 513,
  shell: 514,
  talk: 517,
  ntalk: 518,
  rsync: 873,
};

/** Lines of `inetd.conf`. Source: https://man.openbsd.org/inetd.conf.5 */
export function parseInetd(text: string, path: string): readonly Service[] {
  const services: Service[] = [];
  for (const raw of text.split('\n', linesMax)) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || services.length >= servicesMax) continue;
    const [place = '', , protocol = '', , account = '', program = ''] = line.split(/[ \t]+/, 8);
    if (program === '') continue;
    const [host, name] = place.includes(':')
      ? [place.slice(0, place.lastIndexOf(':')), place]
      : [null, place];
    const port = portNumber(name.slice(name.lastIndexOf(':') + 1));
    services.push({
      name: name.slice(name.lastIndexOf(':') + 1),
      manager: 'inetd',
      path,
      definedIn: path,
      startedBy: ['inetd'],
      program: program === 'internal' ? null : program,
      user: account.split(/[.:]/, 1)[0] || null,
      listens: portList(protocolOf(protocol), host === '*' ? null : host, port),
    });
  }
  return services;
}

/** Services of `xinetd.conf` and `xinetd.d/`. Source: https://linux.die.net/man/5/xinetd.conf */
export function parseXinetd(text: string, path: string): readonly Service[] {
  const services: Service[] = [];
  let name: string | null = null;
  let fields = new Map<string, string>();
  for (const raw of text.split('\n', linesMax)) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const opening = /^service[ \t]+([^ \t{]{1,100})[ \t]*\{?$/.exec(line);
    if (opening) {
      name = opening[1] ?? null;
      fields = new Map();
    } else if (line === '}') {
      const isOn = name !== null && fields.get('disable')?.toLowerCase() !== 'yes';
      if (name !== null && isOn && services.length < servicesMax)
        services.push(xinetdService(name, fields, path));
      name = null;
    } else if (name !== null) {
      const equals = line.indexOf('=');
      if (equals > 0)
        fields.set(line.slice(0, equals).replace(/[+-]$/, '').trim(), line.slice(equals + 1).trim());
    }
  }
  return services;
}

function xinetdService(name: string, fields: ReadonlyMap<string, string>, path: string): Service {
  const socket = fields.get('protocol') ?? (fields.get('socket_type') === 'dgram' ? 'udp' : 'tcp');
  const address = fields.get('bind') ?? fields.get('interface') ?? null;
  return {
    name,
    manager: 'xinetd',
    path,
    definedIn: path,
    startedBy: ['xinetd'],
    program: fields.get('server') ?? null,
    user: fields.get('user') ?? null,
    listens: portList(protocolOf(socket), address, portNumber(fields.get('port') ?? name)),
  };
}

function portList(
  protocol: 'tcp' | 'udp' | null,
  address: string | null,
  port: number | null,
): readonly ServicePort[] {
  return protocol === null || port === null ? [] : [{ protocol, address, port }];
}

function protocolOf(text: string): 'tcp' | 'udp' | null {
  if (text.startsWith('tcp')) return 'tcp';
  return text.startsWith('udp') ? 'udp' : null;
}

function portNumber(text: string): number | null {
  if (!/^[0-9]{1,5}$/.test(text)) return Object.hasOwn(knownPorts, text) ? (knownPorts[text] ?? null) : null;
  const port = Number(text);
  return port > 0 && port < 65_536 ? port : null;
}
