import vendors from './java-vendors.json' with { type: 'json' };
import { programs } from './program.ts';

/** The source that judges programs by the versions of their makers. */
const judged = 'bitnami';
const unjudged = 'generic';

// Kinds of packages that carry the kind in front of their name. No source speaks of any of them.
const kinds = new Set(['chocolatey', 'cos', 'flatpak', 'gentoo', 'macos', 'opkg', 'snap']);

// Full name, and the name alone as other tools write it, to the name that intelligence keeps.
const names = new Map<string, string>();
for (const { name, intelligence } of programs) if (intelligence !== undefined) note(name, intelligence);
for (const name of [...Object.values(vendors), 'openjdk/openjdk']) note(name, 'java');
note('wordpress/core/wordpress', 'wordpress');
note('joomla/joomla', 'joomla');
note('drupal/drupal', 'drupal');

function note(name: string, intelligence: string): void {
  names.set(name, intelligence);
  names.set(intelligence, intelligence);
  const alone = name.slice(name.lastIndexOf('/') + 1);
  if (!names.has(alone)) names.set(alone, intelligence);
}

/** The name under which intelligence keeps a program; the name itself for everything that it does not know. */
export function intelligenceName(name: string): string {
  return names.get(name) ?? name;
}

/**
 * The stream that speaks of a package of that name. Streams that nobody fills tell that it is listed and not judged.
 */
export function streamOfGeneric(name: string): string {
  if (names.has(name)) return judged;
  const kind = name.slice(0, Math.max(0, name.indexOf('/')));
  return kinds.has(kind) ? kind : unjudged;
}
