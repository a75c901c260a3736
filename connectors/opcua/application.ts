/** Name by which machines list this client. */
export const APPLICATION_NAME = 'FedShell';

/**
 * The applicationUri. It stands in the own certificate too, and a server that checks refuses a client whose two differ
 * (OPC UA Part 4, 6.1.3); so it never depends on the host or on a setting.
 */
export const APPLICATION_URI = 'urn:fedshell:trainer';
