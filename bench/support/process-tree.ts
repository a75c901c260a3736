import { readdirSync, readFileSync } from 'node:fs';

/** Ids of a process and of everything it started, from Linux's /proc. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [pid];
  // The list grows while it is walked: a breadth-first walk.
  for (const member of tree) tree.push(...(children.get(member) ?? []));
  return tree;
}

/** The parent of a process; undefined when it ended between the listing and the reading. */
function parentOf(pid: number): number | undefined {
  try {
    // The command's name may hold spaces and brackets; the fields after its last bracket are fixed.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()?.split(' ');
    return Number(fields?.[1]);
  } catch {
    return undefined;
  }
}

/** Proportional set size of a process in MB: shared pages count by share, so that a tree's sizes add up. */
export function proportionalSetSizeMB(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) / 1000;
  } catch {
    return 0;
  }
}
