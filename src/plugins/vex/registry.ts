import type { VexFormat } from './contract.ts';
import { csaf } from './csaf/index.ts';
import { cyclonedx } from './cyclonedx/index.ts';
import { openvex } from './openvex/index.ts';

/** Every form of VEX document that is read. */
export const vexFormats: readonly VexFormat[] = [openvex, csaf, cyclonedx];
