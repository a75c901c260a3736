/**
 * Flags of node for the children. The young generation is kept small: services hold little and pass streams on, so a
 * large nursery only makes them bigger.
 */
export const SERVICE_NODE_FLAGS: readonly string[] = ['--max-semi-space-size=2'];
