/** What the holder of an access key may do in its account. */
export const roles = ['administrator', 'operator', 'read-only', 'auditor'] as const;
export type Role = (typeof roles)[number];

/** In words, for help and errors. */
export const roleMeanings: Readonly<Record<Role, string>> = {
  administrator: 'everything, and the access keys of every account',
  operator: 'everything in its account',
  'read-only': 'looks and changes nothing',
  auditor: 'looks, changes nothing, and reads the audit log',
};

export function isRole(word: unknown): word is Role {
  return (roles as readonly unknown[]).includes(word);
}

/** Whether a role may change anything. */
export function mayChange(role: string): boolean {
  return role === 'administrator' || role === 'operator';
}

/** Whether a role may read who changed what. */
export function mayReadAudit(role: string): boolean {
  return role === 'administrator' || role === 'auditor';
}
