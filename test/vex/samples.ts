/** A small OpenVEX document with one statement. */
export function openVexDocument() {
  return {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': 'https://example.com/vex/1',
    author: 'Vendor',
    timestamp: '2026-01-02T03:04:05Z',
    version: 1,
    statements: [
      {
        vulnerability: { name: 'CVE-2024-0101', aliases: ['GHSA-aaaa-bbbb-cccc'] },
        products: [{ '@id': 'pkg:oci/app@1', subcomponents: [{ '@id': 'pkg:npm/lodash@4.17.20' }] }],
        status: 'not_affected',
        justification: 'vulnerable_code_not_present',
      },
    ],
  };
}

/** A small CSAF VEX document: one package in two products, and a product alone. */
export function csafDocument() {
  const product = (id: string, helper: object) => ({
    product: { product_id: id, name: id, product_identification_helper: helper },
  });
  const relation = (id: string, component: string, inside: string) => ({
    category: 'default_component_of',
    full_product_name: { product_id: id, name: id },
    product_reference: component,
    relates_to_product_reference: inside,
  });
  return {
    document: {
      category: 'csaf_vex',
      csaf_version: '2.0',
      publisher: { name: 'Vendor' },
      tracking: { id: 'VEX-1', current_release_date: '2026-01-02T03:04:05Z' },
    },
    product_tree: {
      branches: [
        {
          category: 'vendor',
          branches: [
            product('rhel8', { cpe: 'cpe:/o:redhat:enterprise_linux:8' }),
            product('rhel9', { cpe: 'cpe:/o:redhat:enterprise_linux:9' }),
            product('openssl', { purl: 'pkg:rpm/redhat/openssl' }),
          ],
        },
      ],
      full_product_names: [
        { product_id: 'tool', name: 'Tool', product_identification_helper: { purl: 'pkg:generic/tool@2' } },
      ],
      product_groups: [{ group_id: 'mended', product_ids: ['rhel9:openssl'] }],
      relationships: [
        relation('rhel8:openssl', 'openssl', 'rhel8'),
        relation('rhel9:openssl', 'openssl', 'rhel9'),
      ],
    },
    vulnerabilities: [
      {
        cve: 'CVE-2024-0101',
        product_status: {
          known_affected: ['rhel8:openssl'],
          known_not_affected: ['rhel9:openssl'],
          fixed: ['tool'],
        },
        flags: [{ label: 'vulnerable_code_not_present', group_ids: ['mended'] }],
        threats: [{ category: 'impact', details: 'It is not built in.', product_ids: ['rhel9:openssl'] }],
        remediations: [{ category: 'vendor_fix', details: 'Update it.', product_ids: ['rhel8:openssl'] }],
      },
    ],
  };
}

/** A small CycloneDX document with components, one inside another, and three analyses. */
export function cycloneDxDocument() {
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: 'urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79',
    metadata: {
      timestamp: '2026-01-02T03:04:05Z',
      authors: [{ name: 'Vendor' }],
      component: { type: 'container', 'bom-ref': 'app', name: 'app', purl: 'pkg:oci/app@1' },
    },
    components: [
      {
        type: 'library',
        'bom-ref': 'lodash',
        name: 'lodash',
        purl: 'pkg:npm/lodash@4.17.20',
        components: [{ type: 'library', 'bom-ref': 'deep', name: 'deep', purl: 'pkg:npm/deep@1.0.0' }],
      },
    ],
    vulnerabilities: [
      {
        id: 'CVE-2024-0101',
        analysis: { state: 'not_affected', justification: 'code_not_reachable' },
        affects: [{ ref: 'lodash' }],
      },
      { id: 'CVE-2024-0102', analysis: { state: 'exploitable' }, affects: [{ ref: 'deep' }] },
      { id: 'CVE-2024-0103', analysis: { state: 'resolved' }, affects: [{ ref: 'app' }] },
      { id: 'CVE-2024-0104', affects: [{ ref: 'deep' }] },
    ],
  };
}
