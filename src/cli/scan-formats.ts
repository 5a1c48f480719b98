/** How a scan can be printed. */
export const formats = ['table', 'json', 'cyclonedx', 'spdx', 'sarif', 'openvex', 'csaf-vex'] as const;
export type ScanFormat = (typeof formats)[number];

/** Rows of the table unless all are asked for. */
export const rowsShown = 50;
