import { totalmem } from 'node:os';

/** Share of the machine's memory that training processes may have together. */
const MEMORY_SHARE = 0.8;

/** Memory of one of so many slots, where no setting says it. */
export function sharedMemoryBytes(slots: number): number {
  return (MEMORY_SHARE * machineMemoryBytes()) / slots;
}

/** Of the machine, or of the container that the service runs in. */
function machineMemoryBytes(): number {
  const constrained = process.constrainedMemory?.() ?? 0;
  const total = totalmem();
  return constrained > 0 && constrained < total ? constrained : total;
}
