import type { Request } from 'express';

/** A path parameter; the validator has checked it. */
export function parameter(request: Request, name: string): string {
  const value = request.params[name];
  return typeof value === 'string' ? value : '';
}
