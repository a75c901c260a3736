const SOFTWARE = 'https://admin-shell.io/idta/SoftwareNameplate/1/0';
const TYPE = `${SOFTWARE}/SoftwareNameplate/SoftwareNameplateType`;
const INSTANCE = `${SOFTWARE}/SoftwareNameplate/SoftwareNameplateInstance`;
const STRUCTURES = 'https://admin-shell.io/idta/HierarchicalStructures';

/** Semantic ids of IDTA 02006-3-0, Digital Nameplate, with the address of IDTA 02002. */
export const DIGITAL_NAMEPLATE_IDS = {
  submodel: 'https://admin-shell.io/idta/nameplate/3/0/Nameplate',
  uriOfTheProduct: '0112/2///61987#ABN590#002',
  manufacturerName: '0112/2///61987#ABA565#009',
  manufacturerProductDesignation: '0112/2///61987#ABA567#009',
  addressInformation: 'https://admin-shell.io/zvei/nameplate/1/0/ContactInformations/AddressInformation',
  street: '0173-1#02-AAO128#002',
  zipcode: '0173-1#02-AAO129#002',
  cityTown: '0173-1#02-AAO132#002',
  nationalCode: '0173-1#02-AAO134#002',
  orderCodeOfManufacturer: '0112/2///61987#ABA950#008',
  serialNumber: '0112/2///61987#ABA951#009',
  yearOfConstruction: '0112/2///61987#ABP000#002',
} as const;

/** Semantic ids of IDTA 02007-1-0, Nameplate for Software. */
export const SOFTWARE_NAMEPLATE_IDS = {
  submodel: 'https://admin-shell.io/idta/SoftwareNameplate/1/0',
  type: `${SOFTWARE}/SoftwareNameplateType`,
  uriOfTheProduct: '0173-1#02-AAY811#001',
  manufacturerName: '0173-1#02-AAO677#002',
  manufacturerProductDesignation: '0173-1#02-AAW338#001',
  softwareType: `${TYPE}/SoftwareType`,
  version: `${TYPE}/Version`,
  releaseDate: `${TYPE}/ReleaseDate`,
  buildDate: `${TYPE}/BuildDate`,
  instance: `${SOFTWARE}/SoftwareNameplateInstance`,
  instanceName: `${INSTANCE}/InstanceName`,
  installedVersion: `${INSTANCE}/InstalledVersion`,
  installationDate: `${INSTANCE}/InstallationDate`,
  installedModules: `${INSTANCE}/InstalledModules`,
  installedModule: `${INSTANCE}/InstalledModule`,
} as const;

/** Semantic ids of IDTA 02011-1-1, Hierarchical Structures. */
export const STRUCTURE_IDS = {
  submodel: `${STRUCTURES}/1/1/Submodel`,
  archeType: `${STRUCTURES}/ArcheType/1/0`,
  entryNode: `${STRUCTURES}/EntryNode/1/0`,
  node: `${STRUCTURES}/Node/1/0`,
  hasPart: `${STRUCTURES}/HasPart/1/0`,
} as const;
