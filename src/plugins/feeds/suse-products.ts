/**
 * The stream of a SUSE product name as OVAL, CVRF and OSV write it: `openSUSE Leap 15.3` is `opensuse:leap:15.3`,
 * `SUSE Linux Enterprise Server 15 SP5` is `sles:15.5`, `SUSE Linux Micro 6.0` is `sle-micro:6.0`. Modules, extensions
 * and editions of an enterprise release (`… Module for Basesystem 15 SP5`, `… Server 15 SP1-LTSS`) belong to the
 * server's stream. Null for other products.
 * Source: https://www.suse.com/support/security/oval/
 */
export function streamOfSuseProduct(product: string): string | null {
  const leap = /^openSUSE Leap (\d+\.\d+)(?: NonFree)?$/.exec(product)?.[1];
  if (leap !== undefined) return `opensuse:leap:${leap}`;
  if (product === 'openSUSE Tumbleweed') return 'opensuse:tumbleweed';
  const micro = /^(?:SUSE Linux (?:Enterprise )?Micro|openSUSE Leap Micro) (\d+\.\d+)$/.exec(product)?.[1];
  if (micro !== undefined) return `sle-micro:${micro}`;
  const edition =
    /^SUSE Linux Enterprise ([A-Za-z][A-Za-z ,&-]{1,70}) (\d+)(?:[ -]SP(\d))?(?:-[A-Z]+)?$/.exec(product);
  if (
    edition === null ||
    !/^(Server|Desktop|Module|High|Real|Workstation|Software|Live)/.test(edition[1] ?? '')
  )
    return null;
  return `sles:${edition[2]}${edition[3] === undefined ? '' : `.${edition[3]}`}`;
}
