import type { SupervisionEvent } from '../supervise/supervised-process.ts';

/** What happened to a process, in a line for people. */
export function describeSupervision(event: SupervisionEvent): string {
  switch (event.kind) {
    case 'ended':
      return `${event.name} ended (${event.reason}); it is started again in ${event.againInMs / 1000} s`;
    case 'restarted':
      return `${event.name} runs again`;
    case 'given-up':
      return `${event.name} is given up: ${event.error.code}: ${event.error.message}`;
  }
}
