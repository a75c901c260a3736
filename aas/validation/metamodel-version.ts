import type { JsonObject } from '../model.ts';
import { findViolations } from './find-violations.ts';
import { ONLY_3_1 } from './version-rules.ts';

/** Whether an object fits into metamodel 3.0, whose files more tools read, or only into 3.1. */
export function metamodelVersionOf(object: JsonObject, type: string): '3.0' | '3.1' {
  for (const { rule } of findViolations(object, type)) {
    if (rule === ONLY_3_1 || rule === 'AASd-120') return '3.1';
  }
  return '3.0';
}
