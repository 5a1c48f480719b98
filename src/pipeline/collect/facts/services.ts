import type { Service } from '../../../model/configuration.ts';
import { type Unit, withDropIn } from './units.ts';

/** systemd's units as the files and links of a whole system tell of them. */
export type UnitFiles = {
  /** Root-relative path, `usr/lib` for `lib`, to what the file says. */
  readonly units: ReadonlyMap<string, Unit>;
  readonly links: ReadonlyMap<string, string>;
};

/** Where units lie; an earlier folder overrules a later one. */
const folders = ['etc/systemd/system', 'usr/local/lib/systemd/system', 'usr/lib/systemd/system'];
const starts = /^(?:etc|usr\/lib|usr\/local\/lib)\/systemd\/system\/([^/]+)\.(?:wants|requires)\/([^/]+)$/;
const kinds = ['.service', '.socket'];
const hopsMax = 4;

/**
 * The services and sockets that systemd starts by itself, because a link in a `.wants` or `.requires` folder says so.
 * What is masked does not start. Sorted by name. Pure.
 * Source: https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html
 */
export function startedUnits(files: UnitFiles): readonly Service[] {
  const dropIns = dropInsOf(files.units);
  const found = new Map<string, { path: string; startedBy: Set<string> }>();
  for (const path of [...files.links.keys(), ...files.units.keys()].sort()) {
    const [, by, name] = starts.exec(path) ?? [];
    if (by === undefined || name === undefined || !kinds.some((kind) => name.endsWith(kind))) continue;
    const known = found.get(name) ?? { path, startedBy: new Set() };
    known.startedBy.add(by);
    found.set(name, known);
  }
  const services: Service[] = [];
  for (const [name, { path, startedBy }] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const definedIn = definitionOf(name, path, files);
    if (definedIn === 'masked') continue;
    const unit = definedIn === null ? null : wholeUnit(name, definedIn, files.units, dropIns);
    services.push({
      name,
      manager: 'systemd',
      path,
      definedIn,
      startedBy: [...startedBy].sort(),
      program: unit?.program ?? null,
      user: unit?.user ?? null,
      listens: unit?.listens ?? [],
    });
  }
  return services;
}

function definitionOf(name: string, link: string, files: UnitFiles): string | null | 'masked' {
  const byName = lookUp(name, files, 0);
  if (byName !== null) return byName;
  // The link may have another name than what it leads to.
  const to = files.links.get(link);
  return to === undefined ? null : lookUp(to.slice(to.lastIndexOf('/') + 1), files, 0);
}

function lookUp(name: string, files: UnitFiles, hops: number): string | null | 'masked' {
  if (hops > hopsMax || name === '') return null;
  for (const folder of folders) {
    const path = `${folder}/${name}`;
    const to = files.links.get(path);
    if (to === '/dev/null' || to?.endsWith('/dev/null')) return 'masked';
    if (files.units.has(path)) return path;
    if (to !== undefined) return lookUp(to.slice(to.lastIndexOf('/') + 1), files, hops + 1);
  }
  const template = templateOf(name);
  return template === null || template === name ? null : lookUp(template, files, hops + 1);
}

// `getty@tty1.service` is made of `getty@.service`.
function templateOf(name: string): string | null {
  const at = name.indexOf('@');
  const dot = name.lastIndexOf('.');
  return at <= 0 || dot < at ? null : `${name.slice(0, at + 1)}${name.slice(dot)}`;
}

/** Drop-ins by the name of the unit that they change, the overruled left out, in the order that they count in. */
function dropInsOf(units: ReadonlyMap<string, Unit>): ReadonlyMap<string, readonly Unit[]> {
  const byUnit = new Map<string, Map<string, Unit>>();
  for (const folder of [...folders].reverse()) {
    for (const [path, unit] of units) {
      if (!path.startsWith(`${folder}/`) || !path.endsWith('.conf')) continue;
      const [of = '', file = ''] = path.slice(folder.length + 1).split('/');
      if (!of.endsWith('.d') || file === '') continue;
      const name = of.slice(0, -2);
      const own = byUnit.get(name) ?? new Map<string, Unit>();
      byUnit.set(name, own.set(file, unit));
    }
  }
  return new Map(
    [...byUnit].map(([name, files]) => [
      name,
      [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, unit]) => unit),
    ]),
  );
}

function wholeUnit(
  name: string,
  definedIn: string,
  units: ReadonlyMap<string, Unit>,
  dropIns: ReadonlyMap<string, readonly Unit[]>,
): Unit | null {
  let unit = units.get(definedIn) ?? null;
  const ownName = definedIn.slice(definedIn.lastIndexOf('/') + 1);
  for (const of of new Set([templateOf(name) ?? name, ownName, name]))
    for (const more of dropIns.get(of) ?? []) unit = unit && withDropIn(unit, more);
  return unit;
}
