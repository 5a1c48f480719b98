import { mayChange } from '../model/role.ts';
import { subjects } from './operations/audit.ts';

/** Whether a role may call an operation of the Inspector API. What agents tell is a change too. */
export function mayCall(role: string, operation: string): boolean {
  return mayChange(role) || !(Object.hasOwn(subjects, operation) || operation.startsWith('SendCisSession'));
}
