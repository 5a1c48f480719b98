import { childOf, textOfChild, type XmlElement } from '../read-xml.ts';

const depthMax = 16;
const lengthMax = 1024;

/** The properties that a project defines, with those that Maven derives from the project itself. */
export function propertiesOf(root: XmlElement): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  const parent = childOf(root, 'parent');
  for (const name of ['groupId', 'artifactId', 'version']) {
    const value = textOfChild(root, name) ?? (name === 'artifactId' ? null : textOfChild(parent, name));
    const parentValue = textOfChild(parent, name);
    for (const prefix of ['project.', 'pom.', '']) if (value !== null) properties.set(prefix + name, value);
    if (parentValue !== null) properties.set(`project.parent.${name}`, parentValue);
  }
  for (const property of childOf(root, 'properties')?.children ?? [])
    properties.set(property.name, property.text);
  return properties;
}

/** The text with its properties put in, or null when one is not known here. */
export function interpolate(text: string, properties: ReadonlyMap<string, string>): string | null {
  let current = text;
  for (let depth = 0; depth < depthMax; depth++) {
    if (!current.includes('${')) return current;
    let isKnown = true;
    current = current.replace(/\$\{([^${}]*)\}/g, (_, name: string) => {
      const value = properties.get(name.trim());
      if (value === undefined) isKnown = false;
      return value ?? '';
    });
    if (!isKnown || current.length > lengthMax) return null;
  }
  return null;
}
