import type { DoctorOptions } from '../commands/doctor.ts';
import { examineBuild } from './examine-build.ts';
import { examineDisk, examineMachine, examineNode } from './examine-machine.ts';
import { examinePort } from './examine-port.ts';
import { examineRedis } from './examine-redis.ts';
import { examineTensorBackend } from './examine-tensor-backend.ts';
import type { Finding } from './finding.ts';

/** Looks at everything that running needs; starts nothing that stays and downloads nothing. */
export async function examine({ port, aasPort, state }: DoctorOptions): Promise<Finding[]> {
  const findings = await Promise.all([
    examineNode(),
    examineMachine(),
    examineBuild(),
    examineRedis(),
    examineTensorBackend(),
    examineDisk(state),
    examinePort('port of API and console', port, '--port'),
    examinePort('port of the AAS', aasPort, '--aas-port'),
  ]);
  return findings.flat();
}
