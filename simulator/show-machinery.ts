import { type AddressSpace, DataType, type UAObject, type UAVariable } from 'node-opcua';
import type { MachineNodes } from './machine-nodes.ts';

const DI = 'http://opcfoundation.org/UA/DI/';
const MACHINERY = 'http://opcfoundation.org/UA/Machinery/';
const PROCESS_VALUES = 'http://opcfoundation.org/UA/Machinery/ProcessValues/';
const I4AAS = 'http://opcfoundation.org/UA/I4AAS/';

/** The folder `Machines` of OPC 40001-1. */
const MACHINES_FOLDER = 1001;

/**
 * Shows machines as companion specifications have it: in the folder `Machines` with an identification (OPC 40001-1), the
 * load as a process value (OPC 40001-2), and a shell for each (OPC 30270). The server must have loaded the nodesets.
 */
export function showMachinery(addressSpace: AddressSpace, machines: Iterable<MachineNodes>): void {
  const index = (uri: string) => addressSpace.getNamespaceIndex(uri);
  const folder = addressSpace.findNode(`ns=${index(MACHINERY)};i=${MACHINES_FOLDER}`);
  if (folder === null) throw new TypeError('the nodeset of Machinery is not loaded');
  const typeOf = (name: string, uri: string) => {
    const type = addressSpace.findObjectType(name, index(uri));
    if (type === null) throw new TypeError(`there is no ${name} in ${uri}`);
    return type;
  };
  for (const { id, object, variables } of machines) {
    folder.addReference({ referenceType: 'Organizes', nodeId: object.nodeId });
    const identification = typeOf('MachineIdentificationType', MACHINERY).instantiate({
      browseName: { name: 'Identification', namespaceIndex: index(DI) },
      namespace: object.namespace,
      componentOf: object,
    });
    setText(identification, 'ProductInstanceUri', DataType.String, `urn:fedshell:simulator:${id}`);
    setText(identification, 'Manufacturer', DataType.LocalizedText, 'FedShell');
    setText(identification, 'SerialNumber', DataType.String, id);
    const load = typeOf('ProcessValueType', PROCESS_VALUES).instantiate({
      browseName: 'LoadValue',
      namespace: object.namespace,
      componentOf: object,
    });
    mirror(load.getComponentByName('AnalogSignal'), variables.get('Load'));
    typeOf('AASAssetAdministrationShellType', I4AAS).instantiate({
      browseName: `${id}-shell`,
      namespace: object.namespace,
      organizedBy: addressSpace.rootFolder.objects,
    });
  }
}

function setText(
  object: UAObject,
  name: string,
  dataType: DataType.String | DataType.LocalizedText,
  text: string,
): void {
  const property = object.getPropertyByName(name);
  const value = dataType === DataType.LocalizedText ? { text } : text;
  property?.setValueFromSource({ dataType, value });
}

/** Makes a variable show what another one does. */
function mirror(shown: unknown, source: UAVariable | undefined): void {
  // A component by the name of AnalogSignal is a variable by the specification.
  const variable = shown as UAVariable | null;
  source?.on('value_changed', (data) => {
    variable?.setValueFromSource(data.value, data.statusCode, data.sourceTimestamp ?? new Date());
  });
}
