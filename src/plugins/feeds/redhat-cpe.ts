/**
 * The stream of a Red Hat product's CPE: `cpe:/o:redhat:enterprise_linux:9::baseos` is `rhel:9`,
 * `cpe:/a:redhat:rhel_eus:9.2::appstream` is `rhel:9:eus-9.2`, `cpe:/o:redhat:rhel_els:7` is `rhel:7:els`. Null for products that are not RHEL itself, whose
 * packages come from repositories that a plain host does not have.
 * Source: https://www.redhat.com/en/blog/common-platform-enumeration-cpe
 */
export function streamOfCpe(cpe: string): string | null {
  const match = /^cpe:\/[ao]:redhat:([a-z_]+):(\d+)(?:\.(\d+))?/.exec(cpe);
  if (match === null) return null;
  const [, product = '', major = '', minor] = match;
  if (product === 'enterprise_linux') return `rhel:${major}`;
  // After the end of maintenance a major release goes on as one line; some of its CPEs name the last minor release.
  if (product === 'rhel_els') return `rhel:${major}:els`;
  const stream = Object.hasOwn(minorStreams, product) ? minorStreams[product] : undefined;
  return stream === undefined || minor === undefined ? null : `rhel:${major}:${stream}-${major}.${minor}`;
}

// Paid streams that keep one minor release patched: extended, advanced, telecommunications, SAP.
const minorStreams: Readonly<Record<string, string>> = {
  rhel_eus: 'eus',
  rhel_eus_long_life: 'eus-long-life',
  rhel_aus: 'aus',
  rhel_tus: 'tus',
  rhel_e4s: 'e4s',
};
