import { createHash } from 'node:crypto';

/** Our verdict on one vulnerability in one package, as VEX documents carry it. */
export type VexEntry = {
  readonly vulnerabilityId: string;
  readonly aliases: readonly string[];
  readonly title: string | null;
  readonly purl: string;
  /** `name version`, for people. */
  readonly packageName: string;
  readonly status: 'not_affected' | 'affected' | 'fixed' | 'under_investigation';
  /** One of the five words that OpenVEX and CSAF share; null where none of them is known to hold. */
  readonly justification: VexJustification | null;
  /** Why, in one sentence. */
  readonly reason: string;
  /** What to do about it, for affected ones. */
  readonly action: string | null;
  readonly plan: VexPlan | null;
};

/** What the vendor does about an affected package, in the words of CSAF. */
export type VexPlan = 'vendor_fix' | 'none_available' | 'no_fix_planned';

export type VexJustification = (typeof vexJustifications)[number];

/** Source: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md#status-justifications */
export const vexJustifications = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
] as const;

/** What was scanned. `purl` names it where there is a package URL for it; the packages stand alone otherwise. */
export type VexScanned = { readonly name: string; readonly purl: string | null };

/** Who says it, when, and with which data. */
export type VexOrigin = { readonly now: Date; readonly version: string; readonly revision: string };

const author = 'OpenInspector';

/**
 * Our verdicts as an OpenVEX 0.2.0 document. Entries that say the same of a vulnerability are one statement. Pure.
 * Source: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md
 */
export function openVex(scanned: VexScanned, entries: readonly VexEntry[], origin: VexOrigin): object {
  const { now, version, revision } = origin;
  const statements = groupsOf(entries, ({ vulnerabilityId, status, justification, reason, action }) =>
    JSON.stringify([vulnerabilityId, status, justification, reason, action]),
  ).map((group) => openVexStatement(group, scanned));
  return {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': `urn:uuid:${uuidOf(JSON.stringify([scanned, statements, now.getTime()]))}`,
    author,
    role: 'vulnerability scanner',
    timestamp: now.toISOString(),
    version: 1,
    tooling: `${author} ${version}, intelligence ${revision}`,
    statements,
  };
}

function openVexStatement(entries: readonly VexEntry[], { purl }: VexScanned): object {
  const { vulnerabilityId, aliases, status, justification, reason, action } = entries[0] as VexEntry;
  const parts = [...new Set(entries.map((entry) => entry.purl))].map((id) => ({
    '@id': id,
    identifiers: { purl: id },
  }));
  return {
    vulnerability: { name: vulnerabilityId, ...(aliases.length > 0 ? { aliases: [...aliases] } : {}) },
    products: purl === null ? parts : [{ '@id': purl, identifiers: { purl }, subcomponents: parts }],
    status,
    // The schema takes a justification or an impact statement, never both.
    ...(status === 'not_affected' && justification === null
      ? { impact_statement: reason }
      : { status_notes: reason }),
    ...(status === 'not_affected' && justification !== null ? { justification } : {}),
    ...(status === 'affected' ? { action_statement: action ?? noAction } : {}),
  };
}

const noAction = 'No fix is known.';

/**
 * Our verdicts as a CSAF 2.0 document of the VEX profile. Pure.
 * Source: https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html#45-profile-5-vex
 */
export function csafVex(scanned: VexScanned, entries: readonly VexEntry[], origin: VexOrigin): object {
  const { now, version, revision } = origin;
  const time = now.toISOString();
  const products = productIds(scanned, entries);
  const id = `openinspector-${uuidOf(JSON.stringify([scanned, entries, now.getTime()]))}`;
  return {
    document: {
      category: 'csaf_vex',
      csaf_version: '2.0',
      lang: 'en',
      title: `Vulnerabilities of ${scanned.name}`,
      publisher: { category: 'user', name: author, namespace: 'https://openinspector.invalid' },
      tracking: {
        id,
        status: 'final',
        version: '1',
        initial_release_date: time,
        current_release_date: time,
        revision_history: [{ date: time, number: '1', summary: `Scanned with intelligence ${revision}.` }],
        generator: { date: time, engine: { name: author, version } },
      },
    },
    product_tree: productTree(scanned, entries, products),
    vulnerabilities: groupsOf(entries, ({ vulnerabilityId }) => vulnerabilityId).map((group) =>
      csafVulnerability(group, products),
    ),
  };
}

/** Package URL to product id; a package inside the scanned thing has the id of the two together. */
type ProductIds = ReadonlyMap<string, { readonly alone: string; readonly meant: string }>;

function productIds({ purl }: VexScanned, entries: readonly VexEntry[]): ProductIds {
  const ids = new Map<string, { alone: string; meant: string }>();
  for (const entry of entries) {
    if (ids.has(entry.purl)) continue;
    const alone = `package-${ids.size + 1}`;
    ids.set(entry.purl, { alone, meant: purl === null ? alone : `scanned:${alone}` });
  }
  return ids;
}

function productTree({ name, purl }: VexScanned, entries: readonly VexEntry[], products: ProductIds): object {
  const names = new Map(entries.map((entry) => [entry.purl, entry.packageName]));
  const packages = [...products].map(([id, { alone }]) => ({
    product_id: alone,
    name: names.get(id) ?? id,
    product_identification_helper: { purl: id },
  }));
  if (purl === null) return { full_product_names: packages };
  const scanned = { product_id: 'scanned', name, product_identification_helper: { purl } };
  return {
    full_product_names: [scanned, ...packages],
    relationships: [...products].map(([id, { alone, meant }]) => ({
      category: 'default_component_of',
      full_product_name: { product_id: meant, name: `${names.get(id) ?? id} in ${name}` },
      product_reference: alone,
      relates_to_product_reference: 'scanned',
    })),
  };
}

const csafStatuses = [
  ['affected', 'known_affected'],
  ['not_affected', 'known_not_affected'],
  ['fixed', 'fixed'],
  ['under_investigation', 'under_investigation'],
] as const;

function csafVulnerability(entries: readonly VexEntry[], products: ProductIds): object {
  const { vulnerabilityId, aliases, title } = entries[0] as VexEntry;
  const isCve = /^CVE-\d{4}-\d{4,}$/.test(vulnerabilityId);
  const ids = [...(isCve ? [] : [vulnerabilityId]), ...aliases];
  const status = csafStatuses.flatMap(([own, theirs]) => {
    const meant = meantBy(
      entries.filter((entry) => entry.status === own),
      products,
    );
    return meant.length === 0 ? [] : [[theirs, meant] as const];
  });
  const reasons = groupsOf(
    entries.filter((entry) => entry.status !== 'not_affected'),
    ({ status: own, reason }) => `${own} ${reason}`,
  );
  return {
    ...(isCve ? { cve: vulnerabilityId } : {}),
    ...(ids.length > 0 ? { ids: ids.map((text) => ({ system_name: systemOf(text), text })) } : {}),
    ...(title === null ? {} : { title }),
    notes: [
      { category: 'summary', text: title ?? vulnerabilityId },
      ...reasons.map(([first, ...rest]) => ({
        category: 'details',
        text: detailsText([first as VexEntry, ...rest]),
      })),
    ],
    product_status: Object.fromEntries(status),
    ...notAffected(entries, products),
    ...remediations(entries, products),
  };
}

function detailsText(entries: readonly VexEntry[]): string {
  const names = [...new Set(entries.map(({ packageName }) => packageName))].join(', ');
  return `${names}: ${(entries[0] as VexEntry).reason}`;
}

function systemOf(id: string): string {
  const prefix = /^[A-Za-z]+/.exec(id)?.[0] ?? 'Other';
  return id.startsWith('GHSA-') ? 'GitHub Security Advisory' : prefix;
}

function notAffected(entries: readonly VexEntry[], products: ProductIds): object {
  const own = entries.filter(({ status }) => status === 'not_affected');
  if (own.length === 0) return {};
  const justified = own.filter(({ justification }) => justification !== null);
  const flags = groupsOf(justified, ({ justification }) => justification ?? '').map((group) => ({
    label: group[0]?.justification,
    product_ids: meantBy(group, products),
  }));
  const threats = groupsOf(own, ({ reason }) => reason).map((group) => ({
    category: 'impact',
    details: group[0]?.reason,
    product_ids: meantBy(group, products),
  }));
  return { ...(flags.length > 0 ? { flags } : {}), threats };
}

function remediations(entries: readonly VexEntry[], products: ProductIds): object {
  const own = entries.filter(({ status }) => status === 'affected');
  if (own.length === 0) return {};
  const told = groupsOf(own, ({ action, plan }) => `${plan} ${action}`).map((group) => ({
    category: group[0]?.plan ?? 'none_available',
    details: group[0]?.action ?? noAction,
    product_ids: meantBy(group, products),
  }));
  return { remediations: told };
}

function meantBy(entries: readonly VexEntry[], products: ProductIds): readonly string[] {
  return [...new Set(entries.flatMap(({ purl }) => products.get(purl)?.meant ?? []))];
}

function groupsOf(
  entries: readonly VexEntry[],
  keyOf: (entry: VexEntry) => string,
): readonly (readonly VexEntry[])[] {
  const groups = new Map<string, VexEntry[]>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  return [...groups.values()];
}

function uuidOf(text: string): string {
  const hash = createHash('sha256').update(text).digest('hex');
  const variant = '89ab'[Number.parseInt(hash[16] ?? '0', 16) % 4];
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
